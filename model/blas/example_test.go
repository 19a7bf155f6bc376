package blas_test

import (
	"fmt"
	"log"

	"calorimeter/model/blas"

	"gorgonia.org/tensor"
)

// Choose once, at the start of a program; Gorgonia's graphs and tensors multiply with it from then on. The name "auto"
// takes the fastest that the machine has.
func Example() {
	choice, err := blas.Use("gonum")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("matrices are multiplied by", choice.Name)

	a := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 2, 3, 4}))
	b := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{0, 1, 1, 0}))
	c, err := tensor.MatMul(a, b)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Data())

	_, err = blas.Use("mkl")
	fmt.Println(err)
	// Output:
	// matrices are multiplied by gonum
	// [2 1 4 3]
	// blas: unknown name "mkl"; the names are auto, tile, openblas, gonum
}
