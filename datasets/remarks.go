package datasets

import (
	"fmt"
	"math"
	"slices"
)

// Remarks says in a sentence each what is odd about the examples as they are to be learned, which no later number would
// show: values or examples that are all the same and, where labels matter, labels of one class. It fails on a value
// that is no finite number.
func (s *Split) Remarks(labels bool) (remarks []string, err error) {
	for _, part := range []struct {
		*Dataset
		words string
	}{{s.Train, "training"}, {s.Test, "held-out"}} {
		for i, v := range part.X {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return nil, fmt.Errorf("datasets: %s example %d of %s holds %v; leave it out or mend it", part.words, i/part.Dim(),
					part.Name, v)
			}
		}
		switch n := part.Len(); {
		case constant(part.X, 1):
			remarks = append(remarks, fmt.Sprintf("every value of the %d %s examples is %v", n, part.words, part.X[0]))
		case n > 1 && constant(part.X, part.Dim()):
			remarks = append(remarks, fmt.Sprintf("all %d %s examples are the same", n, part.words))
		}
		if n := len(part.Labels); labels && n > 1 && constant(part.Labels, 1) {
			remarks = append(remarks, fmt.Sprintf("the labels of all %d %s examples are %d", n, part.words, part.Labels[0]))
		}
	}
	return remarks, nil
}

// constant reports whether the rows of a table, of the given width, are all the same.
func constant[T comparable](x []T, width int) bool {
	return len(x) > 0 && slices.Equal(x[width:], x[:len(x)-width])
}
