package blas

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"calorimeter/internal/tile"

	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
)

// Choice says which BLAS is in use, in enough detail to tell whether two runs can agree bit for bit.
type Choice struct {
	Name    string // tile, openblas or gonum; never auto
	Detail  string // the library's file and configuration, or the instruction set
	Threads int    // the most threads that one product may use
	Advice  string // what would be faster here and how to get it; empty where the fastest was found or none was looked for
}

// String returns the choice on one line, such as "tile (Go assembly, AVX2 and FMA), 1 thread".
func (c Choice) String() string {
	plural := "s"
	if c.Threads == 1 {
		plural = ""
	}
	return fmt.Sprintf("%s, %d thread%s", c.Rounding(), c.Threads, plural)
}

// Rounding is what the bits of a product depend on: all but the number of threads.
func (c Choice) Rounding() string { return fmt.Sprintf("%s (%s)", c.Name, c.Detail) }

// Names returns the names that [Use] knows: auto, and the implementations, fastest first. An implementation is
// listed whether or not this machine can run it.
func Names() []string { return []string{"auto", "tile", "openblas", "gonum"} }

// Use installs the BLAS of that name in Gorgonia and its tensors, for the whole process, and says what it
// installed. The name auto stands for the first of tile, openblas and gonum that this machine can run.
//
// It returns an error, and installs nothing, if the name is unknown or the implementation cannot run here: no OpenBLAS
// library, or one that fails a product with a known answer; a processor without AVX2.
//
// Use is to be called before any graph runs: Gorgonia reads its BLAS without a lock.
func Use(name string) (Choice, error) {
	im, choice, err := open(name)
	if err != nil {
		return Choice{}, err
	}
	gorgonia.Use(im)
	return choice, nil
}

func open(name string) (gorgonia.BLAS, Choice, error) {
	switch name {
	case "auto":
		for _, n := range Names()[1:] {
			if im, choice, err := open(n); err == nil {
				if choice.Name == "gonum" {
					choice.Advice = openblasAdvice
				}
				return im, choice, nil
			}
		}
		panic("blas: gonum is always available")
	case "openblas":
		return openOpenBLAS()
	case "tile":
		if !tile.Available {
			return nil, Choice{}, errors.New("blas: tile: this processor or system has no AVX2 and FMA; try openblas or gonum")
		}
		return newTile(), Choice{Name: "tile", Detail: "Go assembly, AVX2 and FMA", Threads: 1}, nil
	case "gonum":
		return gonum.Implementation{}, Choice{Name: "gonum", Detail: "Go, " + runtime.GOARCH,
			Threads: runtime.GOMAXPROCS(0)}, nil
	}
	return nil, Choice{}, fmt.Errorf("blas: unknown name %q; the names are %s", name, strings.Join(Names(), ", "))
}
