package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"calorimeter/instrument/testsystems"
	"calorimeter/instrument/validate"

	"github.com/alecthomas/kong"
	"github.com/schollz/progressbar/v3"
)

// errValidate says that a validation failed; its last line has been printed.
var errValidate = errors.New("validation failed")

const validateDescription = `Check that every estimator is right, and that its error bars mean what they say, on systems
that can be solved exactly.

Without a system: all estimators on a suite of systems. With one: the same estimators on a case of your own, posed by
the flags of that system ("train validate gaussian --help" lists them).

Each row gives the truth, the estimate with its 95 % interval, and z, the distance from the truth in standard errors as
the interval states them: |z| > 1.96 exactly where the interval misses. For a bound z is how far it lies on the wrong
side of the truth, 0 on the right side. Estimates that carry a warning are shown with it and not judged. The last line
says pass or fail and why. It fails (exit code 1) if a judged row has |z| > 5, or if more rows have |z| > 2 than chance
allows (p < 0.001).

--calibrate repeats each simulation and counts how often the interval covers. It fails if the binomial interval of a
coverage lies outside 92-98 %, unless half of the estimates warned. The interval of a bound is held against the mean of
the bound, and must not lie wholly beyond the truth in more than 2.5 % either.`

// validateFlags are the command line of the verb: what to do, and one command a system.
type validateFlags struct {
	Calibrate   bool   `help:"Repeat each simulation and measure the coverage of the 95 % intervals."`
	Repetitions int    `placeholder:"N" help:"Repetitions of --calibrate. (200; 50 with --quick)"`
	Quick       bool   `help:"Fewer and smaller systems: under 30 s."`
	Seed        uint64 `default:"1" help:"Seed of every random stream."`
	System      string `placeholder:"NAME" help:"The system, in place of its name as an argument."`
	JSON        bool   `name:"json" xor:"form" help:"Print JSON, unknown numbers null; the last line on standard error."`
	Markdown    bool   `xor:"form" help:"Print the table as Markdown."`
	Quiet       bool   `short:"q" help:"No progress."`

	All      struct{}          `cmd:"" default:"1" hidden:"" help:"The whole suite."`
	Gaussian validate.Gaussian `cmd:"" help:"The Gaussian model as a network, trained by the default job's code."`

	GaussianSimulated validate.SimulatedGaussian `cmd:"" help:"The same on its equations simulated, without a network."`

	GaussianPairs validate.GaussianPairs       `cmd:"" help:"Its data, weights and samples: nearest neighbours."`
	GaussianNull  validate.IndependentGaussian `cmd:"" help:"Equal training sets: L-info and M-info by their nulls."`
	Examples      validate.Examples            `cmd:"" help:"Losses of examples alone, in many dimensions: M-info."`
	TwoValues     validate.TwoValues           `cmd:"" help:"Training sets of one bit, copied: M-info of ln 2 at most."`
	Entropy       validate.DifferentialEntropy `cmd:"" help:"Columns of a known density: entropy by nearest neighbours."`

	Oscillator   validate.Oscillator   `cmd:"" help:"An oscillator of switched stiffness: free energy from work."`
	Trap         validate.Trap         `cmd:"" help:"A particle in a dragged trap: free energy from work."`
	GaussianWork validate.GaussianWork `cmd:"" help:"A process of normal work, at any overlap: free energy from work."`
	Langevin     validate.Langevin     `cmd:"" help:"A trap that stiffens under Langevin steps: naive and weighted work."`

	RBM       validate.RBM       `cmd:"" name:"rbm" help:"A small restricted Boltzmann machine: free energy, entropy."`
	Quadratic validate.Quadratic `cmd:"" help:"SGD at rest in a quadratic valley: entropy and autocorrelation of weights."`
	MI        miFlags            `cmd:"" name:"mi" help:"Pairs of known mutual information: nearest neighbours."`
	Beads     validate.Beads     `cmd:"" help:"Beads between two heat baths: entropy production."`
}

type miFlags struct{ validate.MutualInformation }

// Help lists the tasks, one a line.
func (miFlags) Help() string {
	text := "Tasks:\n"
	for _, task := range testsystems.MITasks() {
		text += "\n    " + task.Name()
	}
	return text
}

// validateVerb checks the estimators on exact systems.
func validateVerb(ctx context.Context, args []string, std streams) error {
	f, systems, err := parseValidate(args, std)
	if err != nil {
		return err
	}
	runs := 1
	if f.Calibrate {
		runs = f.Repetitions
	}
	show := newCounter(len(systems)*runs, f.Quiet, std)
	defer show.bar.Finish()
	var rows []validate.Row
	var coverages []validate.Coverage
	for _, s := range systems {
		show.describe(s.Name + " " + s.Posed())
		if f.Calibrate {
			var more []validate.Coverage
			more, err = s.Calibrate(ctx, f.Seed, runs, runtime.GOMAXPROCS(0), func() { show.bar.Add(1) })
			coverages = append(coverages, more...)
		} else {
			var more []validate.Row
			more, err = s.Run(ctx, f.Seed, runtime.GOMAXPROCS(0))
			rows = append(rows, more...)
			show.bar.Add(1)
		}
		if ctx.Err() != nil {
			return interruptedf("interrupted: nothing was judged")
		}
		if err != nil {
			return err
		}
	}
	show.bar.Finish()
	if f.Calibrate {
		v := validate.JudgeCoverage(coverages)
		return f.conclude(sheetOfCoverages(coverages), v.Pass, v.Reason, std)
	}
	v := validate.Judge(rows)
	return f.conclude(sheetOfRows(rows), v.Pass, v.Reason, std)
}

// conclude prints the sheet and the last line.
func (f *validateFlags) conclude(s *sheet, pass bool, reason string, std streams) error {
	var text string
	var err error
	out := std.out
	switch {
	case f.JSON:
		out = std.err
		text, err = s.json()
	case f.Markdown:
		text = s.markdown()
	default:
		text = s.text()
	}
	if err != nil {
		return err
	}
	if _, err := io.WriteString(std.out, text); err != nil {
		return err
	}
	word, failed := "pass", error(nil)
	if !pass {
		word, failed = "FAIL", errValidate
	}
	if _, err := fmt.Fprintf(out, "%s: %s\n", word, reason); err != nil {
		return err
	}
	return failed
}

// parseValidate reads the command line and poses the systems that it asks for.
func parseValidate(args []string, std streams) (*validateFlags, []*validate.System, error) {
	f := &validateFlags{}
	args, see, err := systemFirst(args)
	if err != nil {
		return nil, nil, err
	}
	line, err := parseLine(f, args, std, see,
		kong.Name("train validate"), kong.Description(validateDescription))
	if err != nil {
		return nil, nil, err
	}
	if f.Repetitions == 0 {
		f.Repetitions = 200
		if f.Quick {
			f.Repetitions = 50
		}
	}
	if f.Repetitions < 2 {
		return nil, nil, usagef("--repetitions is %d; it must be 2 or more", f.Repetitions)
	}
	if err := fits(line); err != nil {
		return nil, nil, err
	}
	poser, ok := line.Selected().Target.Addr().Interface().(validate.Poser)
	switch {
	case !ok && f.Calibrate:
		return f, validate.CalibrationSuite(f.Quick), nil
	case !ok:
		return f, validate.Suite(f.Quick), nil
	}
	system, err := poser.Pose()
	if err != nil {
		return nil, nil, usageError{err}
	}
	return f, []*validate.System{system}, nil
}

// systemFirst puts the NAME of --system NAME before the other arguments, where kong looks for it. It returns the
// command whose help tells of the system too.
func systemFirst(args []string) (line []string, see string, err error) {
	name := flagged(args, "--system", "")
	switch {
	case name != "":
		args = slices.Concat([]string{name}, args)
	case len(args) > 0 && !strings.HasPrefix(args[0], "-"):
		name = args[0]
	}
	var names []string
	for _, node := range kong.Must(&validateFlags{}).Model.Children {
		if !node.Hidden {
			names = append(names, node.Name)
		}
	}
	if name != "" && !slices.Contains(names, name) {
		return nil, "", usagef("unknown system %q: known are %s", name, strings.Join(names, ", "))
	}
	return args, strings.TrimSpace("train validate " + name), nil
}

// counter shows how far the verb has come: a bar on a terminal, a line for each system elsewhere.
type counter struct {
	bar   *progressbar.ProgressBar
	lines io.Writer
}

func newCounter(total int, quiet bool, std streams) *counter {
	bar, lines := io.Discard, std.err
	_, onTerminal := terminal(std.err)
	switch {
	case quiet:
		lines = io.Discard
	case onTerminal:
		bar, lines = std.err, io.Discard
	}
	return &counter{lines: lines, bar: progressbar.NewOptions(total, progressbar.OptionSetWriter(bar),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(),
		progressbar.OptionClearOnFinish())}
}

func (c *counter) describe(text string) {
	c.bar.Describe(text[:min(len(text), 60)])
	fmt.Fprintln(c.lines, text)
}
