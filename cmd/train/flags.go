package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"calorimeter/instrument/report"
	"calorimeter/model/blas"

	"github.com/alecthomas/kong"
)

// errHelp says that help was asked for and printed.
var errHelp = errors.New("help was printed")

const description = `Train an ensemble of neural networks and measure the work and heat of their samples, entropy
production, the entropy of their weights, and how much of the training data the weights hold (M-info) and the samples
express (L-info).

Without flags: 24 MADE networks (8 training sets of 500 MNIST digits, 3 replicas each), 1,200 steps.

Models: made (masked autoencoder, exact likelihood), rbm (restricted Boltzmann machine), ebm (deep energy-based model), mlp
and conv (classifiers p(y|u)), gaussian (exactly solvable); and, with flags of their own, simclr, swav and dino (encoders
by self-supervision; see train --model swav --help).

Other verbs, each with --help: "train validate" holds every estimator against exact systems; "train resume DIR" goes on with
an interrupted run; "train sweep" runs the job for every value of a flag; "train report DIR..." rebuilds reports.

Flags and defaults, in brackets, are those of --model ${model}; "train --model NAME --help" shows another's.`

// flags are the command line of the default job. A nil pointer takes the model's default.
type flags struct {
	Model     string  `group:"Model" default:"${model}" help:"Network to train: ${models}."`
	Width     []int   `group:"Model" placeholder:"N" help:"Widths, first to last: hidden layers of made, ebm and mlp; hidden units of rbm; conv's channels, then its hidden layers. (${width})"`
	Gradient  string  `group:"Model" placeholder:"NAME" help:"Gradient of rbm: ${gradients}; exact for up to 16 bits. (${gradient})"`
	Net       string  `group:"Model" help:"Network of ebm: mlp or conv. (${net})"`
	Sweeps    *int    `group:"Model" placeholder:"N" help:"Kernel moves of the training chains before each gradient, the k of CD-k and PCD-k. rbm, ebm. (${sweeps})"`
	Particles *int    `group:"Model" placeholder:"N" help:"Chains that train. rbm, ebm. (${particles})"`
	Shuffle   float64 `group:"Model" placeholder:"P" help:"Share of training labels dealt anew at random, 0 to 1, to see memorization. mlp, conv."`
	Dim       int     `group:"Model" default:"1" help:"Dimension m of the gaussian model."`
	Sigma     float64 `group:"Model" default:"1" help:"Standard deviation s of the gaussian model's samples."`
	DataSigma float64 `group:"Model" default:"1" help:"Standard deviation s0 of the gaussian model's data."`
	InitVar   float64 `group:"Model" default:"0.01" help:"Variance v0 of the gaussian model's initial weights."`

	Data       string `group:"Data" help:"Data set: ${data}, or a folder with four IDX files. (${dataset})"`
	Preprocess string `group:"Data" default:"auto" help:"Comma-separated: ${steps}; none; auto for 28x28 images: ${preprocess}."`
	Subset     *int   `group:"Data" placeholder:"N" help:"Examples N in one training set. (${subset})"`
	TestSize   int    `group:"Data" default:"1000" help:"Held-out examples at most."`

	Datasets     *int   `group:"Ensemble" placeholder:"D" help:"Training sets D; the independent unit of every error bar. (${datasets})"`
	Replicas     *int   `group:"Ensemble" placeholder:"R" help:"Replicas R trained on each set. (${replicas})"`
	Init         string `group:"Ensemble" help:"Initial weights: shared by all replicas, or independent. (${init})"`
	Permutations *int   `group:"Ensemble" placeholder:"P" help:"Random relabellings that the last L-info and M-info are read against; 0 for none. (${permutations})"`
	Seed         uint64 `group:"Ensemble" default:"1" help:"Seed of every random stream."`

	Chains      *int `group:"Observer chains" placeholder:"K" help:"Observer chains K of a replica: its generated samples. (${chains})"`
	BurnIn      *int `group:"Observer chains" placeholder:"N" help:"Kernel moves before step 0. rbm, ebm. (${burnin})"`
	Moves       *int `group:"Observer chains" placeholder:"N" help:"Kernel moves at an observation. rbm, ebm. (${moves})"`
	Follow      *int `group:"Observer chains" placeholder:"N" help:"SGD steps between two updates of the observer chains; 0 updates them at observations only. rbm, ebm. (${follow})"`
	FollowMoves *int `group:"Observer chains" placeholder:"N" help:"Kernel moves at an update between observations. rbm, ebm. (${followmoves})"`
	AISChains   *int `group:"Observer chains" name:"ais-chains" placeholder:"N" help:"Chains of annealed importance sampling, for ln Z at each observation; 0 for none. rbm, ebm. (${aischains})"`
	AISSteps    *int `group:"Observer chains" name:"ais-steps" placeholder:"N" help:"Intermediate distributions of it. rbm, ebm. (${aissteps})"`

	Steps        *int     `group:"Training" help:"SGD steps. (${trainsteps})"`
	Batch        *int     `group:"Training" help:"Rows of a mini-batch; 0 is the whole training set. (${batch})"`
	LR           *float64 `group:"Training" name:"lr" help:"Learning rate r. (${lr})"`
	Temperature  *float64 `group:"Training" placeholder:"T" help:"Temperature T of Langevin noise sqrt(2rT) added to each step; M-info then has an upper bound. (${temperature})"`
	Observations *int     `group:"Training" help:"Observations, from step 0 on, evenly spaced in ln(step). (${observations})"`

	commonFlags
}

// commonFlags are those of every run, whatever it trains.
type commonFlags struct {
	Out string `group:"Output" placeholder:"DIR" help:"Run folder, new or empty (runs/MODEL-DATE-TIME)."`
	sittingFlags
	Blas string `group:"Machine" default:"auto" help:"Linear algebra: ${blas}."`
}

func (c *commonFlags) common() *commonFlags { return c }

// sittingFlags may be chosen anew when a run is resumed: no number depends on them.
type sittingFlags struct {
	JSON  bool `group:"Output" name:"json" help:"Print one JSON object on standard output (final row, books, folder); all else goes to standard error."`
	Quiet bool `group:"Output" short:"q" help:"Print the run folder alone: no progress and no table."`
	liveFlags
	Workers int `group:"Machine" help:"Replicas trained at the same time (one a core)."`
}

// settings are flags with every default filled in.
type settings struct {
	flags
	data, preprocess                  string
	width                             []int
	gradient, net                     string
	sweeps, particles                 int
	subset, datasets, replicas        int
	permutations                      int
	chains, steps, batch, observation int
	burnIn, moves, follow             int
	followMoves, aisChains, aisSteps  int
	lr, temperature                   float64
	independent                       bool
}

// vars are what the help text shows of the defaults d of a model.
func (d *settings) vars(name string) kong.Vars {
	init := "shared"
	if d.independent {
		init = "independent"
	}
	orNone := func(s string) string {
		if s == "" || s == "0" {
			return "-"
		}
		return s
	}
	n := func(v int) string { return strconv.Itoa(v) }
	return kong.Vars{
		"model": name, "models": strings.Join(append(modelNames(), sslNames()...), ", "), "data": strings.Join(dataNames(), ", "),
		"steps": strings.Join(preprocessSteps(), ", "), "blas": strings.Join(blas.Names(), ", "),
		"gradients": strings.Join(gradientNames(), ", "), "width": orNone(ints(d.width)), "gradient": orNone(d.gradient), "net": orNone(d.net),
		"sweeps": orNone(n(d.sweeps)), "particles": orNone(n(d.particles)), "dataset": d.data, "preprocess": orNone(d.preprocess),
		"subset": n(d.subset), "datasets": n(d.datasets), "replicas": n(d.replicas), "init": init, "permutations": n(d.permutations),
		"chains": n(d.chains), "burnin": n(max(1, d.burnIn)), "moves": n(max(1, d.moves)), "follow": n(d.follow), "followmoves": n(max(1, d.followMoves)),
		"aischains": n(d.aisChains), "aissteps": n(d.aisSteps), "trainsteps": n(d.steps), "batch": n(d.batch),
		"lr": real(d.lr), "temperature": real(d.temperature), "observations": n(d.observation),
	}
}

// modelNamed finds the value of --model in a command line before it is parsed, for the help text.
func modelNamed(args []string) string {
	for i, a := range args {
		if name, ok := strings.CutPrefix(a, "--model="); ok {
			return name
		}
		if a == "--model" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return "made"
}

func parseFlags(args []string, std streams) (*settings, error) {
	var f flags
	name := modelNamed(args)
	if _, ok := recipes[name]; !ok {
		name = "made" // the name is refused below
	}
	defaults := recipes[name].defaults
	parsed, err := parseLine(&f, args, std, "train", kong.Name("train"), kong.Description(description), defaults.vars(name), hideOthers(owners, name))
	if err != nil {
		return nil, err
	}
	s, err := f.resolve()
	if err != nil {
		return nil, err
	}
	return s, checkOwners(parsed, owners, s.Model)
}

// owners names the models of each flag that not every model reads.
var owners = map[string][]string{
	"width": {"made", "rbm", "ebm", "mlp", "conv"}, "gradient": {"rbm"}, "net": {"ebm"}, "sweeps": {"rbm", "ebm"}, "particles": {"rbm", "ebm"},
	"shuffle": {"mlp", "conv"}, "dim": {"gaussian"}, "sigma": {"gaussian"}, "data-sigma": {"gaussian"}, "init-var": {"gaussian"},
	"burn-in": {"rbm", "ebm"}, "moves": {"rbm", "ebm"}, "follow": {"rbm", "ebm"}, "follow-moves": {"rbm", "ebm"},
	"ais-chains": {"rbm", "ebm"}, "ais-steps": {"rbm", "ebm"},
}

// maxValues is how many numbers all training sets together may hold: beyond, the run would not fit in memory.
const maxValues = 1 << 30

// resolve fills in the model's defaults and rejects what makes no sense whatever the data.
func (f *flags) resolve() (*settings, error) {
	if err := f.liveFlags.check(); err != nil {
		return nil, err
	}
	recipe, ok := recipes[f.Model]
	if !ok {
		return nil, usagef("unknown model %q: known are %s", f.Model, strings.Join(append(modelNames(), sslNames()...), ", "))
	}
	d := recipe.defaults
	s := &settings{
		flags: *f, data: d.data, preprocess: d.preprocess, width: f.Width, gradient: d.gradient, net: d.net,
		sweeps: or(f.Sweeps, d.sweeps), particles: or(f.Particles, d.particles),
		burnIn: or(f.BurnIn, d.burnIn), moves: or(f.Moves, d.moves), follow: or(f.Follow, d.follow),
		followMoves: or(f.FollowMoves, d.followMoves), aisChains: or(f.AISChains, d.aisChains), aisSteps: or(f.AISSteps, d.aisSteps),
		subset: or(f.Subset, d.subset), datasets: or(f.Datasets, d.datasets), replicas: or(f.Replicas, d.replicas),
		chains: or(f.Chains, d.chains), steps: or(f.Steps, d.steps), batch: or(f.Batch, d.batch),
		observation: or(f.Observations, d.observation), permutations: or(f.Permutations, d.permutations),
		lr: or(f.LR, d.lr), temperature: or(f.Temperature, d.temperature), independent: d.independent,
	}
	if f.Data != "" {
		s.data = f.Data
	}
	if f.Net != "" {
		s.net = f.Net
	}
	if f.Gradient != "" {
		s.gradient = f.Gradient
	}
	if s.width == nil {
		s.width = d.width
	}
	switch f.Init {
	case "":
	case "shared", "independent":
		s.independent = f.Init == "independent"
	default:
		return nil, usagef("--init %q: it is shared or independent", f.Init)
	}
	if s.batch == 0 || f.Batch == nil && s.batch > s.subset {
		s.batch = s.subset
	}
	if err := checkCounts([]countFlag{
		{"subset", s.subset, 1}, {"datasets", s.datasets, 1}, {"replicas", s.replicas, 1}, {"chains", s.chains, 1},
		{"steps", s.steps, 1}, {"batch", s.batch, 1}, {"observations", s.observation, 2}, {"test-size", s.TestSize, 1},
		{"workers", s.Workers, 0}, {"dim", s.Dim, 1}, {"permutations", s.permutations, 0},
		{"sweeps", s.sweeps, min(d.sweeps, 1)}, {"particles", s.particles, min(d.particles, 1)},
		{"burn-in", s.burnIn, min(d.burnIn, 1)}, {"moves", s.moves, min(d.moves, 1)}, {"follow", s.follow, 0},
		{"follow-moves", s.followMoves, min(d.followMoves, 1)}, {"ais-chains", s.aisChains, 0}, {"ais-steps", s.aisSteps, min(s.aisChains, 1)},
	}); err != nil {
		return nil, err
	}
	for _, w := range s.width {
		if w < 1 {
			return nil, usagef("--width is %s; each hidden layer needs 1 unit or more", ints(s.width))
		}
	}
	if s.aisChains == 1 {
		return nil, usagef("--ais-chains is 1; there must be 2 or more to know the error, or 0 to leave annealing out")
	}
	if s.batch > s.subset {
		return nil, usagef("--batch %d is larger than the training set: --subset %d", s.batch, s.subset)
	}
	if err := checkNumbers([]numberFlag{
		{"lr", s.lr, positive}, {"temperature", s.temperature, notNegative}, {"shuffle", s.Shuffle, upTo(1)},
		{"sigma", s.Sigma, positive}, {"data-sigma", s.DataSigma, positive}, {"init-var", s.InitVar, notNegative},
	}); err != nil {
		return nil, err
	}
	if n := float64(s.datasets) * float64(s.subset) * float64(s.Dim); n > maxValues {
		return nil, usagef("--datasets %d of --subset %d examples hold %.3g numbers, more than fit in memory", s.datasets, s.subset, n)
	}
	if n := math.Pow(float64(s.datasets)*float64(s.replicas), 2) * float64(s.chains); n > maxValues {
		return nil, usagef("%d x %d replicas judging each other's %d chains make %.3g numbers an observation, more than fit in memory: use fewer",
			s.datasets, s.replicas, s.chains, n)
	}
	if !slices.Contains(blas.Names(), f.Blas) {
		return nil, usagef("unknown --blas %q: known are %s", f.Blas, strings.Join(blas.Names(), ", "))
	}
	return s, nil
}

// record lists the settings as they go into run.json: under the names of their flags, defaults included.
func (s *settings) record() report.Settings {
	init := "shared"
	if s.independent {
		init = "independent"
	}
	out := report.Settings{
		{Name: "model", Value: s.Model}, {Name: "data", Value: s.data}, {Name: "preprocess", Value: s.Preprocess},
		{Name: "subset", Value: strconv.Itoa(s.subset)}, {Name: "test-size", Value: strconv.Itoa(s.TestSize)},
		{Name: "datasets", Value: strconv.Itoa(s.datasets)}, {Name: "replicas", Value: strconv.Itoa(s.replicas)},
		{Name: "chains", Value: strconv.Itoa(s.chains)}, {Name: "init", Value: init},
		{Name: "steps", Value: strconv.Itoa(s.steps)}, {Name: "batch", Value: strconv.Itoa(s.batch)},
		{Name: "lr", Value: real(s.lr)}, {Name: "temperature", Value: real(s.temperature)},
		{Name: "observations", Value: strconv.Itoa(s.observation)}, {Name: "seed", Value: strconv.FormatUint(s.Seed, 10)},
	}
	return append(out, recipes[s.Model].record(s)...)
}

func or[T any](p *T, preset T) T {
	if p != nil {
		return *p
	}
	return preset
}

func real(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func ints(v []int) string {
	parts := make([]string, len(v))
	for i, n := range v {
		parts[i] = fmt.Sprint(n)
	}
	return strings.Join(parts, ",")
}
