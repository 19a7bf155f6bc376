package main

import (
	"math"
	"slices"

	"calorimeter/instrument"
	"calorimeter/instrument/selfsupervised"
	"calorimeter/instrument/solver"
	"calorimeter/model"
	"calorimeter/model/ssl"

	"github.com/alecthomas/kong"
)

const sslDescription = `Train an encoder by self-supervision and measure every training step as a thermodynamic cycle:
heat absorbed with the self-labels, work, heat of thermalisation, the information that the demon bought and the
efficiency at which it became work; and, beside it, what the encoder learned: linear probe and nearest neighbours of the
frozen representation against the random encoder's. Three or more training sets (--datasets) tell besides what the
weights hold of their training set (M-info), and which images they hold by heart.

Models: simclr (the label is which image of the batch), swav (balanced assignments of the other view), dino (a momentum
teacher's softmax of the other view).

Flags, and their defaults after =, are those of --model ${model}; "train --model made --help" shows the flags of the
generative models.`

// encoder is an order of a model that trains by self-supervision.
type encoder interface {
	order
	ssl() *sslFlags
	config() selfsupervised.Config
	// settings are the model's, for images of so many pixels.
	settings(pixels int) ssl.Settings
}

// sslFlags are those of every encoder. The similarities of all pairs of a larger batch would not fit in memory.
type sslFlags struct {
	runFlags
	Width          []int   `group:"Model" default:"256" help:"Widths of the encoder's hidden layers, first to last."`
	Representation int     `group:"Model" default:"64" help:"Width of the representation, which probes read."`
	Head           []int   `group:"Model" default:"64" help:"Widths of the projection head's hidden layers."`
	Projection     int     `group:"Model" default:"32" help:"Width of the head's output."`
	Tau            float64 `group:"Model" help:"Temperature of the softmax, student's for dino."`
	Float64        bool    `group:"Model" name:"float64" help:"Double precision, which closes the books to 1e-9."`

	Subset    *int `group:"Data" least:"1" placeholder:"N" help:"Images N in one training set (as many as there are)."`
	TestSize  *int `group:"Data" least:"1" placeholder:"N" help:"Held-out images that judge probes, at most (all)."`
	ProbeSize int  `group:"Data" default:"10000" least:"1" help:"Training images that probes are fitted to, at most."`

	Shift     float64 `group:"Views" default:"1.5" help:"Largest shift, pixels."`
	Scale     float64 `group:"Views" default:"0.2" help:"Largest change of the logarithm of the size."`
	Rotation  float64 `group:"Views" default:"17" help:"Largest angle, degrees."`
	Shear     float64 `group:"Views" default:"0.3" help:"Largest shear."`
	Noise     float64 `group:"Views" default:"0.1" help:"Standard deviation of the noise of a pixel."`
	Erase     float64 `group:"Views" default:"0.3" help:"Largest side of the erased rectangle, as a part of the image's."`
	ViewPairs int     `group:"Views" default:"16" least:"1" most:"1e5" help:"Pairs of views behind an image's loss."`

	Datasets     int `group:"Training" default:"1" least:"1" help:"Training sets D; the unit of error bars, if several."`
	Replicas     int `group:"Training" default:"4" help:"Replicas R on each set, independent runs; the unit if D = 1."`
	Permutations int `group:"Training" default:"19" least:"0" most:"1e5" help:"Examples dealt at random, a null; 0: none."`
	Batch        int `group:"Training" default:"128" most:"8192" help:"Images of a step, two views of each."`
	commonFlags
}

func (f *sslFlags) ssl() *sslFlags { return f }

func (f *sslFlags) description() string { return sslDescription }

// check implements order.
func (f *sslFlags) check(line *kong.Context) error {
	if err := f.checkOptimizer(line, solver.Adam); err != nil {
		return err
	}
	return f.commonFlags.check(line)
}

// sslOf has the defaults that encoders share.
func sslOf(algorithm ssl.Algorithm, steps int, tau float64) sslFlags {
	return sslFlags{Tau: tau, runFlags: runFlags{
		Model: string(algorithm), auto: "pool14", Steps: steps, Observations: 9,
		optimizerFlags: optimizerFlags{Optimizer: "adam", LR: 0.001},
	}}
}

func (f *sslFlags) config() selfsupervised.Config {
	return selfsupervised.Config{
		Seed: f.Seed, Replicas: f.Replicas, Observe: instrument.LogSteps(10, f.Steps, f.Observations),
		ProbeRows: f.ProbeSize, ViewPairs: f.ViewPairs, Workers: f.Workers,
		Solver: f.descent(), Train: f.share.train, Compare: f.share.compare,
		Views: ssl.Augmentation{
			Shift: f.Shift, Scale: f.Scale, Rotation: f.Rotation * math.Pi / 180, Shear: f.Shear,
			Noise: f.Noise, Erase: f.Erase,
		},
	}
}

func (f *sslFlags) demand(s ssl.Settings) demand {
	widths := slices.Concat([]int{s.Pixels}, s.Hidden, []int{s.Representation}, s.Head, []int{s.Projection})
	if s.Labels > 0 {
		widths = append(widths, s.Labels)
	}
	return demand{
		widths: widths, rows: 2 * f.Batch, replicas: float64(f.Datasets) * float64(f.Replicas), workers: f.Workers,
	}
}

func (f *sslFlags) settings(pixels int) ssl.Settings {
	s := ssl.Settings{
		Algorithm: ssl.Algorithm(f.Model), Pixels: pixels, Batch: f.Batch, Temperature: f.Tau,
		Hidden: f.Width, Representation: f.Representation, Head: f.Head, Projection: f.Projection,
	}
	if f.Float64 {
		s.Precision = model.Float64
	}
	return s
}
