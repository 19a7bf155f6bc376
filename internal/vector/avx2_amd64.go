package vector

import "golang.org/x/sys/cpu"

// accelerated says whether the processor has the instructions of the kernels; tests clear it.
var accelerated = cpu.X86.HasAVX2
