//go:build !amd64

package tile

// Available says whether the processor has the instructions.
const Available = false

var wide bool

func kernelsFor(int) *kernels { panic("tile: not on this kind of processor") }

func squares(int, *byte, int, *byte, int, int) { panic("tile: not on this kind of processor") }
