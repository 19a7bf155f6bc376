package datasets

import "fmt"

// Dataset is n examples of one shape, with labels where there are any.
type Dataset struct {
	// Name is the name it was opened by.
	Name string
	// Rows and Cols are the shape of one example; Rows is 1 for a plain vector.
	Rows, Cols int
	// X holds the examples, n x Dim, row-major. Pixels of images are scaled to [0,1].
	X []float32
	// Labels holds one label per example, as its file has it; nil if there are none.
	Labels []uint8
	// Classes lists the labels of the whole set, ascending (see [Dataset.ClassIndices]); [Open] fills it in.
	Classes []uint8
	// Steps names the preprocessing applied, in order (see [Preprocess]).
	Steps []string
	// Origin says where the data come from, their authors and their licence.
	Origin string
}

// Split is a data set with its held-out part, both of the same shape.
type Split struct {
	Train, Test *Dataset
}

// Dim returns the number of components of one example, Rows*Cols.
func (d *Dataset) Dim() int { return d.Rows * d.Cols }

// Len returns the number of examples.
func (d *Dataset) Len() int {
	if d.Dim() == 0 {
		return 0
	}
	return len(d.X) / d.Dim()
}

// Row returns example i, Dim values. It is a view: writing to it changes the data set. It panics if i is out of
// range.
func (d *Dataset) Row(i int) []float32 {
	if i < 0 || i >= d.Len() {
		panic(fmt.Sprintf("datasets: row %d of %d", i, d.Len()))
	}
	dim := d.Dim()
	return d.X[i*dim : (i+1)*dim : (i+1)*dim]
}

// Gather copies the examples with the given indices, in that order, into dst, row-major, and returns dst. A nil
// dst is allocated; otherwise its length must be len(indices)*Dim and nothing is allocated. It panics on another
// length and on an index out of range.
func (d *Dataset) Gather(dst []float32, indices []int) []float32 {
	dim := d.Dim()
	if dst == nil {
		dst = make([]float32, len(indices)*dim)
	}
	if len(dst) != len(indices)*dim {
		panic(fmt.Sprintf("datasets: Gather of %d rows of %d into a slice of length %d", len(indices), dim, len(dst)))
	}
	for k, i := range indices {
		copy(dst[k*dim:(k+1)*dim], d.Row(i))
	}
	return dst
}

// Subset returns a copy of the examples with the given indices, in that order; an index may come more than once.
// It panics on an index out of range.
func (d *Dataset) Subset(indices []int) *Dataset {
	s := d.like(d.Rows, d.Cols)
	s.X = d.Gather(nil, indices)
	if d.Labels != nil {
		s.Labels = make([]uint8, len(indices))
		for k, i := range indices {
			s.Labels[k] = d.Labels[i]
		}
	}
	return s
}

// like returns an empty data set of the given shape with d's name, classes, origin and steps.
func (d *Dataset) like(rows, cols int) *Dataset {
	return &Dataset{
		Name: d.Name, Rows: rows, Cols: cols, Classes: d.Classes, Steps: append([]string(nil), d.Steps...), Origin: d.Origin,
	}
}
