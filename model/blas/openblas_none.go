//go:build !((linux || darwin) && (amd64 || arm64))

package blas

import (
	"fmt"
	"runtime"

	"gorgonia.org/gorgonia"
)

func openOpenBLAS() (gorgonia.BLAS, Choice, error) {
	return nil, Choice{}, fmt.Errorf("blas: openblas: not available on %s/%s; try tile or gonum",
		runtime.GOOS, runtime.GOARCH)
}

const openblasAdvice = "" // it cannot be called here
