package datasets

import (
	"fmt"
	"slices"
)

// classify notes the classes, the labels that occur, ascending: class 0 is the lowest of them, whether labels are
// counted from 0, from 1 (as EMNIST's letters) or leave some out. It fails on a label that one example alone of the
// files has, further above all others than there are classes: that is taken for a fault. Files of so few examples that
// labels may well be alone are left as they are.
func (s *Split) classify(files ...*part) error {
	var count [256]int
	for _, y := range slices.Concat(s.Train.Labels, s.Test.Labels) {
		count[y]++
	}
	var classes []uint8
	for y, n := range count {
		if n > 0 {
			classes = append(classes, uint8(y))
		}
	}
	s.Train.Classes, s.Test.Classes = classes, classes
	n := len(classes)
	if n < 2 || s.Train.Len()+s.Test.Len() < 2*n {
		return nil
	}
	top, next := classes[n-1], classes[n-2]
	if count[top] > 1 || int(top-next) <= n {
		return nil
	}
	for _, p := range files {
		if row := slices.Index(p.labels, top); row >= 0 {
			return &FormatError{p.labelsFile, fmt.Sprintf("the label %d in row %d, which no other example has", top, row),
				fmt.Sprintf("labels from %d to %d as the others", classes[0], next), "correct it, or leave that example out"}
		}
	}
	return nil
}

// ClassIndices returns the class of every example, as a number from 0 to len(Classes)-1: its label where Classes is
// nil, and nil where there are no labels. It panics if a label is not among the classes.
func (d *Dataset) ClassIndices() (indices []uint8) {
	if d.Classes == nil {
		return slices.Clone(d.Labels)
	}
	for _, y := range d.Labels {
		c, ok := slices.BinarySearch(d.Classes, y)
		if !ok {
			panic(fmt.Sprintf("datasets: label %d of %s is not one of its classes %d", y, d.Name, d.Classes))
		}
		indices = append(indices, uint8(c))
	}
	return indices
}
