package main

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"calorimeter/instrument/report"
	"calorimeter/instrument/selfsupervised"
	"calorimeter/model"
	"calorimeter/model/blas"
	"calorimeter/model/ssl"

	"github.com/alecthomas/kong"
)

const sslDescription = `Train an encoder by self-supervision and measure every training step as a thermodynamic cycle: heat
absorbed with the self-labels, work, heat of thermalisation, the information that the demon bought and the efficiency at
which it became work; and, beside it, what the encoder learned: linear probe and nearest neighbours of the frozen
representation against the random encoder's.

Models: simclr (the label is which image of the batch), swav (balanced assignments of the other view), dino (a momentum
teacher's softmax of the other view).

Flags and defaults, in brackets, are those of --model ${model}; "train --model made --help" shows the flags of the generative models.`

// sslFlags are the command line of a self-supervised run. A nil pointer takes the model's default.
type sslFlags struct {
	Model          string   `group:"Model" default:"${model}" help:"Algorithm: ${models}."`
	Width          []int    `group:"Model" default:"256" placeholder:"N" help:"Widths of the encoder's hidden layers, first to last. (256)"`
	Representation int      `group:"Model" default:"64" placeholder:"N" help:"Width of the representation, which probes read. (64)"`
	Head           []int    `group:"Model" default:"64" placeholder:"N" help:"Widths of the projection head's hidden layers. (64)"`
	Projection     int      `group:"Model" default:"32" placeholder:"N" help:"Width of the head's output. (32)"`
	Labels         *int     `group:"Model" placeholder:"K" help:"Prototypes K, the labels of swav and dino. (${labels})"`
	Tau            *float64 `group:"Model" help:"Temperature of the softmax, student's for dino. (${tau})"`
	Epsilon        *float64 `group:"Model" help:"Temperature of the balanced self-labels. swav. (${epsilon})"`
	SinkhornRounds *int     `group:"Model" placeholder:"N" help:"Rounds of Sinkhorn's iteration at most. swav. (${rounds})"`
	TeacherTau     *float64 `group:"Model" help:"Temperature of the teacher's softmax; below --tau it sharpens. dino. (${teachertau})"`
	Momentum       *float64 `group:"Model" help:"Part of its weights that the teacher keeps at a step. dino. (${momentum})"`
	CentreMomentum *float64 `group:"Model" help:"Part of itself that the centre keeps at a step. dino. (${centremomentum})"`
	NoCentring     bool     `group:"Model" help:"Leave the centre at 0, to see a collapse. dino."`
	NoSharpening   bool     `group:"Model" help:"Give the teacher the student's temperature, to see a collapse. dino."`
	Float64        bool     `group:"Model" name:"float64" help:"Double precision, which closes the books to 1e-9."`

	Data       string `group:"Data" default:"mnist-sample" help:"Data set of pictures with classes: ${data}, or a folder with four IDX files. (mnist-sample)"`
	Preprocess string `group:"Data" default:"auto" help:"Comma-separated: ${steps}; none; auto for 28x28 images: pool14."`
	Subset     *int   `group:"Data" placeholder:"N" help:"Training images, the first N. (all)"`
	TestSize   *int   `group:"Data" placeholder:"N" help:"Held-out images that probes are judged on, at most. (all)"`
	ProbeSize  int    `group:"Data" default:"10000" placeholder:"N" help:"Training images that probes are fitted to, at most. (10000)"`

	Shift    float64 `group:"Views" default:"1.5" help:"Largest shift, pixels. (1.5)"`
	Scale    float64 `group:"Views" default:"0.2" help:"Largest change of the logarithm of the size. (0.2)"`
	Rotation float64 `group:"Views" default:"17" help:"Largest angle, degrees. (17)"`
	Shear    float64 `group:"Views" default:"0.3" help:"Largest shear. (0.3)"`
	Noise    float64 `group:"Views" default:"0.1" help:"Standard deviation of the noise of a pixel. (0.1)"`
	Erase    float64 `group:"Views" default:"0.3" help:"Largest side of the erased rectangle, as a part of the picture's. (0.3)"`

	Replicas     int     `group:"Training" default:"4" placeholder:"R" help:"Replicas R, independent runs; the unit of every error bar. (4)"`
	Seed         uint64  `group:"Training" default:"1" help:"Seed of every random stream."`
	Steps        *int    `group:"Training" help:"Training steps. (${trainsteps})"`
	Batch        int     `group:"Training" default:"128" help:"Images of a step, two views of each. (128)"`
	LR           float64 `group:"Training" name:"lr" default:"0.001" help:"Learning rate of Adam. (0.001)"`
	Observations int     `group:"Training" default:"9" help:"Observations, from step 0 on, evenly spaced in ln(step) from the 10th step. (9)"`

	commonFlags
}

// sslDefaults are the settings in which the algorithms differ.
var sslDefaults = map[string]ssl.Settings{
	"simclr": {Temperature: 0.2},
	"swav":   {Temperature: 0.2, Labels: 32, Epsilon: 0.05, SinkhornRounds: 10000},
	"dino":   {Temperature: 0.1, Labels: 64, TeacherTau: 0.04, TeacherMomentum: 0.99, CentreMomentum: 0.9},
}

// sslSteps are the training steps of each.
var sslSteps = map[string]int{"simclr": 2000, "swav": 2000, "dino": 2500}

// sslNames are the models that train by self-supervision.
func sslNames() []string { return []string{"simclr", "swav", "dino"} }

// sslOwners names the models of each flag that not every one of them reads.
var sslOwners = map[string][]string{
	"labels": {"swav", "dino"}, "epsilon": {"swav"}, "sinkhorn-rounds": {"swav"}, "teacher-tau": {"dino"}, "momentum": {"dino"},
	"centre-momentum": {"dino"}, "no-centring": {"dino"}, "no-sharpening": {"dino"},
}

// parseSSLFlags reads the command line of a self-supervised run of the named model, which is one of sslNames.
func parseSSLFlags(name string, args []string, std streams) (*sslFlags, error) {
	f := new(sslFlags)
	d := sslDefaults[name]
	shown := func(v float64) string {
		if v == 0 {
			return "-"
		}
		return real(v)
	}
	parsed, err := parseLine(f, args, std, "train --model "+name, kong.Name("train"), kong.Description(sslDescription),
		hideOthers(sslOwners, name), kong.Vars{
			"model": name, "models": strings.Join(sslNames(), ", "), "trainsteps": strconv.Itoa(sslSteps[name]), "data": strings.Join(dataNames(), ", "),
			"steps": strings.Join(preprocessSteps(), ", "), "blas": strings.Join(blas.Names(), ", "),
			"labels": shown(float64(d.Labels)), "tau": shown(d.Temperature), "epsilon": shown(d.Epsilon), "rounds": shown(float64(d.SinkhornRounds)),
			"teachertau": shown(d.TeacherTau), "momentum": shown(d.TeacherMomentum), "centremomentum": shown(d.CentreMomentum),
		})
	if err != nil {
		return nil, err
	}
	if f.Model != name {
		return nil, usagef("--model is given twice, as %s and %s", name, f.Model)
	}
	if err := checkOwners(parsed, sslOwners, name); err != nil {
		return nil, err
	}
	return f, f.check()
}

// check rejects what makes no sense whatever the data; the model checks its own settings.
func (f *sslFlags) check() error {
	if err := f.liveFlags.check(); err != nil {
		return err
	}
	if err := checkCounts([]countFlag{
		{"replicas", f.Replicas, 1}, {"steps", or(f.Steps, 1), 1}, {"batch", f.Batch, 2}, {"observations", f.Observations, 2},
		{"probe-size", f.ProbeSize, 1}, {"workers", f.Workers, 0}, {"representation", f.Representation, 1}, {"projection", f.Projection, 1},
		{"subset", or(f.Subset, 1), 1}, {"test-size", or(f.TestSize, 1), 1}, {"width", slices.Min(append(f.Width, 1)), 1}, {"head", slices.Min(append(f.Head, 1)), 1},
		{"labels", or(f.Labels, 2), 2}, {"sinkhorn-rounds", or(f.SinkhornRounds, 1), 1},
	}); err != nil {
		return err
	}
	if err := checkNumbers([]numberFlag{
		{"lr", f.LR, positive}, {"tau", or(f.Tau, 1), positive}, {"epsilon", or(f.Epsilon, 1), positive}, {"teacher-tau", or(f.TeacherTau, 1), positive},
		{"momentum", or(f.Momentum, 0), belowOne}, {"centre-momentum", or(f.CentreMomentum, 0), belowOne},
		{"shift", f.Shift, notNegative}, {"scale", f.Scale, upTo(3)}, {"rotation", f.Rotation, upTo(180)}, {"shear", f.Shear, notNegative},
		{"noise", f.Noise, notNegative}, {"erase", f.Erase, upTo(1)},
	}); err != nil {
		return err
	}
	if f.Batch > maxBatch {
		return usagef("--batch is %d; similarities of all pairs of a batch beyond %d do not fit in memory", f.Batch, maxBatch)
	}
	if f.NoSharpening && f.TeacherTau != nil {
		return usagef("--no-sharpening sets the teacher's temperature to --tau; leave --teacher-tau out")
	}
	return nil
}

// maxBatch is how many images a step may take.
const maxBatch = 8192

// settings are the model's, for images of so many pixels.
func (f *sslFlags) settings(pixels int) ssl.Settings {
	s := sslDefaults[f.Model]
	s.Algorithm, s.Pixels, s.Batch, s.Rate = ssl.Algorithm(f.Model), pixels, f.Batch, f.LR
	s.Hidden, s.Representation, s.Head, s.Projection = f.Width, f.Representation, f.Head, f.Projection
	s.Labels, s.SinkhornRounds = or(f.Labels, s.Labels), or(f.SinkhornRounds, s.SinkhornRounds)
	s.Temperature, s.Epsilon = or(f.Tau, s.Temperature), or(f.Epsilon, s.Epsilon)
	s.TeacherTau, s.TeacherMomentum, s.CentreMomentum = or(f.TeacherTau, s.TeacherTau), or(f.Momentum, s.TeacherMomentum), or(f.CentreMomentum, s.CentreMomentum)
	s.NoCentring, s.NoSharpening = f.NoCentring, f.NoSharpening
	if f.Float64 {
		s.Precision = model.Float64
	}
	return s
}

func (f *sslFlags) steps() int { return or(f.Steps, sslSteps[f.Model]) }

// config is the runner's.
func (f *sslFlags) config() selfsupervised.Config {
	return selfsupervised.Config{
		Seed: f.Seed, Replicas: f.Replicas, Observe: selfsupervised.LogSpaced(f.steps(), f.Observations),
		ProbeRows: f.ProbeSize, Workers: f.Workers,
		Views: ssl.Augmentation{
			Shift: f.Shift, Scale: f.Scale, Rotation: f.Rotation * math.Pi / 180, Shear: f.Shear, Noise: f.Noise, Erase: f.Erase,
		},
	}
}

// record lists the settings as they go into run.json: under the names of their flags, defaults included.
func (f *sslFlags) record(s ssl.Settings, train, test int) report.Settings {
	n := strconv.Itoa
	out := report.Settings{
		{Name: "model", Value: f.Model}, {Name: "width", Value: ints(f.Width)}, {Name: "representation", Value: n(f.Representation)},
		{Name: "head", Value: ints(f.Head)}, {Name: "projection", Value: n(f.Projection)}, {Name: "tau", Value: real(s.Temperature)},
		{Name: "float64", Value: strconv.FormatBool(f.Float64)},
		{Name: "data", Value: f.Data}, {Name: "preprocess", Value: f.Preprocess}, {Name: "subset", Value: n(train)},
		{Name: "test-size", Value: n(test)}, {Name: "probe-size", Value: n(f.ProbeSize)},
		{Name: "shift", Value: real(f.Shift)}, {Name: "scale", Value: real(f.Scale)}, {Name: "rotation", Value: real(f.Rotation)},
		{Name: "shear", Value: real(f.Shear)}, {Name: "noise", Value: real(f.Noise)}, {Name: "erase", Value: real(f.Erase)},
		{Name: "replicas", Value: n(f.Replicas)}, {Name: "steps", Value: n(f.steps())}, {Name: "batch", Value: n(f.Batch)},
		{Name: "lr", Value: real(f.LR)}, {Name: "observations", Value: n(f.Observations)}, {Name: "seed", Value: strconv.FormatUint(f.Seed, 10)},
	}
	switch f.Model {
	case "swav":
		out = append(out, report.Setting{Name: "labels", Value: n(s.Labels)}, report.Setting{Name: "epsilon", Value: real(s.Epsilon)},
			report.Setting{Name: "sinkhorn-rounds", Value: n(s.SinkhornRounds)})
	case "dino":
		out = append(out, report.Setting{Name: "labels", Value: n(s.Labels)}, report.Setting{Name: "teacher-tau", Value: real(s.TeacherTau)},
			report.Setting{Name: "momentum", Value: real(s.TeacherMomentum)}, report.Setting{Name: "centre-momentum", Value: real(s.CentreMomentum)},
			report.Setting{Name: "no-centring", Value: strconv.FormatBool(s.NoCentring)}, report.Setting{Name: "no-sharpening", Value: strconv.FormatBool(s.NoSharpening)})
	}
	return out
}
