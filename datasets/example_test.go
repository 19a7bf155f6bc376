package datasets_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"calorimeter/datasets"
)

// The sample of MNIST as 14 x 14 binary images, and eight random training sets of 500 of them.
func Example() {
	split, err := datasets.Open(context.Background(), "mnist-sample", nil)
	if err != nil {
		log.Fatal(err)
	}
	train, err := datasets.Preprocess(split.Train, "pool14,binarise")
	if err != nil {
		log.Fatal(err)
	}
	draw, err := datasets.TrainingSets(train.Len(), 8, 500, 1)
	if err != nil {
		log.Fatal(err)
	}
	first := train.Gather(nil, draw.Indices[0]) // 500 x 196

	fmt.Println(train.Len(), "images of", train.Rows, "x", train.Cols, "after", train.Steps)
	fmt.Println(len(draw.Indices), "training sets, disjoint:", draw.Disjoint)
	fmt.Println(len(first)/train.Dim(), "rows in the first")
	// Output:
	// 5000 images of 14 x 14 after [pool14 binarise]
	// 8 training sets, disjoint: true
	// 500 rows in the first
}

// A pool that is too small for disjoint sets.
func ExampleTrainingSets_overlapping() {
	draw, err := datasets.TrainingSets(5000, 16, 500, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("disjoint:", draw.Disjoint)
	fmt.Printf("two sets share %.0f %% of their examples on average\n", 100*draw.Overlap)
	// Output:
	// disjoint: false
	// two sets share 10 % of their examples on average
}

// Every pattern once, and the entropy of a draw.
func ExampleBarsAndStripes() {
	all, err := datasets.BarsAndStripes(4)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d patterns, %.6f nats\n", all.Len(), math.Log(float64(all.Len())))
	fmt.Println(all.Row(5))
	// Output:
	// 30 patterns, 3.401197 nats
	// [1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0]
}

// The entropy of a mixture, from its exact density.
func ExampleMixture_LogDensity() {
	o := &datasets.Options{Components: 1, Dim: 2, Sigma: 0.5, Size: 20000}
	mixture, err := datasets.NewMixture(o)
	if err != nil {
		log.Fatal(err)
	}
	split, err := datasets.Open(context.Background(), "gaussian-mixture", o)
	if err != nil {
		log.Fatal(err)
	}
	entropy := 0.0
	for i := range split.Train.Len() {
		entropy -= mixture.LogDensity(split.Train.Row(i))
	}
	fmt.Printf("%.1f nats, exactly %.1f\n", entropy/float64(split.Train.Len()), math.Log(2*math.Pi*math.E*0.25))
	// Output:
	// 1.5 nats, exactly 1.5
}
