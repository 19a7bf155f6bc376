package datasets

import (
	"fmt"
	"math"
	"strings"
)

var steps = []struct {
	name  string
	apply func(*Dataset) (*Dataset, error)
}{
	{"pool14", pool},
	{"binarise", binarise},
	{"dequantise", dequantise},
}

// Steps returns the names of the preprocessing steps that [Preprocess] knows.
func Steps() []string {
	var names []string
	for _, s := range steps {
		names = append(names, s.name)
	}
	return names
}

// Preprocess applies a step, or several separated by commas from left to right ("pool14,binarise"), and returns
// the result as a new data set with their names appended to Steps; d is left as it is. The empty string is no step.
//
//	pool14      halves both sides by averaging blocks of 2 x 2 (28 x 28 becomes 14 x 14); both must be even
//	binarise    1 where the value is above 1/2 of the range [0,1], i.e. a pixel above 127.5 of 255, else 0
//	            (an average of four pixels that is exactly 127.5 becomes 0)
//	dequantise  adds independent noise from N(0, 0.15^2) to every value, for models of a density: pixels that never
//	            vary have none. The noise of an example depends on its values alone, so it is the same in every
//	            subset and order, and independent between examples that differ
//
// It fails on a name it does not know and on data that a step does not fit.
func Preprocess(d *Dataset, step string) (*Dataset, error) {
	out := d.Subset(sequence(d.Len()))
	if strings.TrimSpace(step) == "" {
		return out, nil
	}
	for name := range strings.SplitSeq(step, ",") {
		name = strings.TrimSpace(name)
		var err error
		out, err = applyStep(out, name)
		if err != nil {
			return nil, err
		}
		out.Steps = append(out.Steps, name)
	}
	return out, nil
}

func applyStep(d *Dataset, name string) (*Dataset, error) {
	for _, s := range steps {
		if s.name == name {
			return s.apply(d)
		}
	}
	return nil, fmt.Errorf("datasets: unknown preprocessing step %q%s (known: %s)", name, hint(name, Steps()),
		strings.Join(Steps(), ", "))
}

// pool averages blocks of 2 x 2.
func pool(d *Dataset) (*Dataset, error) {
	if d.Rows%2 != 0 || d.Cols%2 != 0 {
		return nil, fmt.Errorf("datasets: pool14 halves both sides, but %s is %d x %d; it needs even sides",
			d.Name, d.Rows, d.Cols)
	}
	out := d.like(d.Rows/2, d.Cols/2)
	out.Labels = d.Labels
	out.X = make([]float32, d.Len()*out.Dim())
	for k := range out.X {
		i, j := k/out.Cols, k%out.Cols // images lie one under the other: row i of all of them
		a := d.X[2*i*d.Cols+2*j:]
		b := d.X[(2*i+1)*d.Cols+2*j:]
		out.X[k] = float32((float64(a[0]) + float64(a[1]) + float64(b[0]) + float64(b[1])) / 4)
	}
	return out, nil
}

// binarise thresholds d, which it may change, at 1/2.
func binarise(d *Dataset) (*Dataset, error) {
	for i, x := range d.X {
		if !(x >= 0 && x <= 1) {
			return nil, fmt.Errorf("datasets: binarise needs values in [0,1], but %s has %v in row %d", d.Name, x, i/d.Dim())
		}
		d.X[i] = 0
		if x > 0.5 {
			d.X[i] = 1
		}
	}
	return d, nil
}

// noiseWidth is the standard deviation of the noise of dequantise: wide enough for Langevin chains to move among
// images in steps of a useful size, narrow enough to leave strokes legible.
const noiseWidth = 0.15

// dequantise adds noise to d, which it may change.
func dequantise(d *Dataset) (*Dataset, error) {
	for k := range d.Len() {
		row := d.Row(k)
		var content uint64
		for _, x := range row {
			content = scramble(content + uint64(math.Float32bits(x)))
		}
		rng := stream(content, forNoise, 0)
		for i := range row {
			row[i] += float32(noiseWidth * rng.NormFloat64())
		}
	}
	return d, nil
}
