package copying

import (
	"context"
	"testing"

	"calorimeter/datasets"
)

func BenchmarkNearest(b *testing.B) {
	s, err := datasets.Open(context.Background(), "mnist-sample", &datasets.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, steps := range []string{"pool14,binarise", "pool14"} {
		train, _ := datasets.Preprocess(s.Train, steps)
		test, _ := datasets.Preprocess(s.Test, steps)
		e := NewExamples(train.X[:500*train.Dim()], train.Dim())
		x := test.X[:1000*test.Dim()]
		b.Run(steps, func(b *testing.B) {
			for b.Loop() {
				e.Nearest(x)
			}
		})
	}
}
