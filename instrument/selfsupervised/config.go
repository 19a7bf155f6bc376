package selfsupervised

import (
	"cmp"
	"fmt"
	"runtime"

	"calorimeter/instrument/solver"
	"calorimeter/model/ssl"
)

// Images are labelled grey images of one shape. The labels are classes that training never sees: they serve to judge
// what was learned.
type Images struct {
	X          []float32 // Rows x Cols pixels each, in [0, 1]
	Rows, Cols int
	Labels     []uint8
}

func (im *Images) check(what string) error {
	size := im.Rows * im.Cols
	switch {
	case im.Rows < 2 || im.Cols < 2:
		return fmt.Errorf("selfsupervised: %s are of %d x %d pixels; views need pictures of 2 x 2 or more",
			what, im.Rows, im.Cols)
	case len(im.Labels) == 0:
		return fmt.Errorf("selfsupervised: %s have no labels, which the probes are fitted to", what)
	case len(im.X) != len(im.Labels)*size:
		return fmt.Errorf("selfsupervised: %s hold %d values, which are not %d pictures of %d x %d",
			what, len(im.X), len(im.Labels), im.Rows, im.Cols)
	}
	return nil
}

// first returns the first n images, or all.
func (im *Images) first(n int) *Images {
	n = min(n, len(im.Labels))
	return &Images{X: im.X[:n*im.Rows*im.Cols], Rows: im.Rows, Cols: im.Cols, Labels: im.Labels[:n]}
}

// image returns the pixels of one image.
func (im *Images) image(row int) []float32 {
	size := im.Rows * im.Cols
	return im.X[row*size : (row+1)*size]
}

// classes is the number of classes, of which the labels are 0 and up.
func (im *Images) classes() int { return 1 + int(largest(im.Labels)) }

// Factory builds one model. Every call must give the same; [New] calls it once a worker, one call at a time, because
// Gorgonia's graphs must not be built in parallel.
type Factory func() (*ssl.Model, error)

// Config describes R replicas of a self-supervised training on each training set. Zero fields take the default named
// with them.
type Config struct {
	Seed     uint64
	Replicas int              // R of each set, independent runs: initial weights, order of images, views of their own
	Views    ssl.Augmentation // how views are made of images
	Observe  []int            // steps at which to observe, ascending: the first 0 (random encoder), the last ends the run

	ProbeRows     int  // training images that probes are fitted to, at most (10,000)
	NeighbourRows int  // of these, those whose neighbours are counted (10,000)
	NeighbourK    int  // neighbours that vote (5)
	NoTemperature bool // leave out the effective temperatures of self-labels, which cost a tenth of a step or less
	Examples      int  // images of each training set, judged by all replicas at an observation (32); at the last all
	ViewPairs     int  // over which the loss of an image is averaged (16): more see more of what the weights hold
	Workers       int  // replicas at the same time (one a processor, GOMAXPROCS)

	// Train are the replicas d R + r that are trained here, ascending, where others are trained elsewhere; nil: all.
	Train []int
	// Compare are the training sets that observations compare, ascending, where not all were trained; nil: all.
	Compare []int

	Solver solver.Settings // how weights follow the gradient (Adam at the learning rate 0.001)
}

// countedSteps is how many steps before an observation are counted into its table of self-labels and classes.
const countedSteps = 40

func (c *Config) setDefaults() {
	for _, d := range []struct {
		value  *int
		preset int
	}{
		{&c.ProbeRows, 10000}, {&c.NeighbourRows, 10000}, {&c.NeighbourK, 5}, {&c.Examples, 32}, {&c.ViewPairs, 16},
		{&c.Workers, runtime.GOMAXPROCS(0)},
	} {
		if *d.value == 0 {
			*d.value = d.preset
		}
	}
	if c.Solver == (solver.Settings{}) {
		c.Solver = solver.Settings{Algorithm: solver.Adam, Rate: 0.001}
	}
}

// Validate returns an error for what [New] refuses whatever the model and the images are.
func (c Config) Validate() error {
	c.setDefaults()
	switch {
	case c.Replicas < 1:
		return fmt.Errorf("selfsupervised: %d replicas; there must be 1 or more", c.Replicas)
	case c.ProbeRows < 1:
		return fmt.Errorf("selfsupervised: %d rows for the probes; there must be 1 or more", c.ProbeRows)
	case c.NeighbourRows < 1 || c.NeighbourK < 1:
		return fmt.Errorf("selfsupervised: %d neighbours in %d rows; there must be 1 or more", c.NeighbourK, c.NeighbourRows)
	case c.Examples < 1:
		return fmt.Errorf("selfsupervised: %d images of each training set judged by all replicas; there must be 1 or more",
			c.Examples)
	case c.ViewPairs < 1:
		return fmt.Errorf("selfsupervised: %d pairs of views an image; there must be 1 or more", c.ViewPairs)
	case c.Workers < 1:
		return fmt.Errorf("selfsupervised: %d workers; there must be 1 or more", c.Workers)
	case len(c.Observe) < 2 || c.Observe[0] != 0:
		return fmt.Errorf("selfsupervised: observations at steps %v; the first must be at 0, the random encoder, and there "+
			"must be another", c.Observe)
	}
	return cmp.Or(c.Views.Validate(), c.Solver.Validate())
}
