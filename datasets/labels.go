package datasets

import (
	"fmt"
	"math"
)

// WithLabels returns d with the class of every example appended to it: rows (x_1 .. x_n, y) of Dim+1 values, y the
// class as a number from 0 on (see [Dataset.ClassIndices]), as conditional models p(y|x) take them. The result is a
// plain vector (Rows is 1), for a row is no image any more; it keeps Labels, and its Steps end in "labels". It fails if
// d has no labels.
func (d *Dataset) WithLabels() (*Dataset, error) {
	if len(d.Labels) != d.Len() || d.Len() == 0 {
		return nil, fmt.Errorf("datasets: %s has %d labels for %d examples; a classifier needs one each",
			d.Name, len(d.Labels), d.Len())
	}
	out := d.like(1, d.Dim()+1)
	out.Labels = append([]uint8(nil), d.Labels...)
	out.Steps = append(out.Steps, "labels")
	out.X = make([]float32, 0, d.Len()*out.Dim())
	for i, y := range d.ClassIndices() {
		out.X = append(append(out.X, d.Row(i)...), float32(y))
	}
	return out, nil
}

// ShuffleLabels returns a copy of d in which the labels of a random part of the examples, round(fraction*n) of them,
// are permuted at random among themselves, so that they tell nothing of their examples beyond chance. What a network
// fits of them it has memorised (Zhang et al. 2017, arXiv:1611.03530, who draw such labels anew from all classes).
// Permuted, they leave the number of examples of each class as it was; one in ten of them, with ten even classes, is
// back at an example of its own class. The examples stay in their order.
//
// The examples shuffled at one fraction are among those at any larger fraction of the same seed. The step "shuffle F
// labels" is appended to Steps. It fails if d has no labels or the fraction is not from 0 to 1.
func ShuffleLabels(d *Dataset, fraction float64, seed uint64) (*Dataset, error) {
	switch {
	case !(fraction >= 0 && fraction <= 1):
		return nil, fmt.Errorf("datasets: a fraction of %v of the labels cannot be shuffled; it must be from 0 to 1",
			fraction)
	case len(d.Labels) != d.Len() || d.Len() == 0:
		return nil, fmt.Errorf("datasets: %s has %d labels for %d examples; there must be one each to shuffle",
			d.Name, len(d.Labels), d.Len())
	}
	out := d.Subset(sequence(d.Len()))
	n := int(math.Round(fraction * float64(d.Len())))
	chosen := choose(d.Len(), n, stream(seed, forShuffled, 0))
	for k, from := range choose(n, n, stream(seed, forNewLabels, 0)) {
		out.Labels[chosen[k]] = d.Labels[chosen[from]]
	}
	out.Steps = append(out.Steps, fmt.Sprintf("shuffle %v labels", fraction))
	return out, nil
}
