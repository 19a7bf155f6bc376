package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"calorimeter/instrument/validate"

	"github.com/alecthomas/kong"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
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
the bound.`

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

	All               suiteFlags     `cmd:"" default:"1" hidden:"" help:"The whole suite."`
	Gaussian          gaussianFlags  `cmd:"" help:"The Gaussian model as a network, trained by the default job's code."`
	GaussianSimulated simulatedFlags `cmd:"" help:"The same estimates on its equations simulated, without a network."`
	GaussianPairs     pairsFlags     `cmd:"" help:"Its data, weights and samples: nearest neighbours."`
	GaussianNull      nullFlags      `cmd:"" help:"The same with equal training sets: L-info and M-info by their nulls."`
	Entropy           entropyFlags   `cmd:"" help:"Independent columns of a known density: entropy by nearest neighbours."`

	Oscillator   oscillatorFlags   `cmd:"" help:"An oscillator of switched stiffness: free energy from work."`
	Trap         trapFlags         `cmd:"" help:"A particle in a dragged trap: free energy from work."`
	GaussianWork gaussianWorkFlags `cmd:"" help:"A process of normal work, at any overlap: free energy from work."`
	Langevin     langevinFlags     `cmd:"" help:"A trap that stiffens under Langevin steps: naive and weighted work."`
	RBM          rbmFlags          `cmd:"" name:"rbm" help:"A small restricted Boltzmann machine: free energy, entropy."`

	Quadratic quadraticFlags `cmd:"" help:"SGD at rest in a quadratic valley: entropy and autocorrelation of weights."`
	MI        miFlags        `cmd:"" name:"mi" help:"Pairs of known mutual information: nearest neighbours."`
	Beads     beadsFlags     `cmd:"" help:"Beads between two heat baths: entropy production."`
}

// validateVerb checks the estimators on exact systems.
func validateVerb(ctx context.Context, args []string, std streams) error {
	f, systems, err := parseValidate(args, std)
	if err != nil {
		return err
	}
	show := newCounter(f, std)
	if f.Calibrate {
		return f.calibrate(ctx, systems, std, show)
	}
	show.start(len(systems))
	progress := func(_ int, s *validate.System) { show.step(s.Name + " " + s.Posed()) }
	rows, err := validate.Run(ctx, systems, f.Seed, runtime.GOMAXPROCS(0), progress)
	show.stop()
	if err != nil {
		return interrupted(ctx, err)
	}
	verdict := validate.Judge(rows)
	return f.conclude(rows, sheetOfRows(rows), verdict.Pass, verdict.Reason, std)
}

func (f *validateFlags) calibrate(ctx context.Context, systems []*validate.System, std streams, show *counter) error {
	show.start(len(systems) * f.Repetitions)
	var rows []validate.Coverage
	for _, s := range systems {
		show.describe(s.Name + " " + s.Posed())
		more, err := s.Calibrate(ctx, f.Seed, f.Repetitions, runtime.GOMAXPROCS(0), func() { show.step("") })
		if err != nil {
			show.stop()
			return interrupted(ctx, err)
		}
		rows = append(rows, more...)
	}
	show.stop()
	verdict := validate.JudgeCoverage(rows)
	return f.conclude(rows, sheetOfCoverages(rows), verdict.Pass, verdict.Reason, std)
}

// conclude prints the rows, or their sheet, and the last line.
func (f *validateFlags) conclude(rows any, s *sheet, pass bool, reason string, std streams) error {
	out, word := std.out, "pass"
	var err error
	switch {
	case f.JSON:
		out, err = std.err, printJSON(std.out, rows)
	case f.Markdown:
		err = s.markdown(std.out)
	default:
		err = s.text(std.out)
	}
	if err != nil {
		return err
	}
	if !pass {
		word = "FAIL"
	}
	if _, err := fmt.Fprintf(out, "%s: %s\n", word, reason); err != nil {
		return err
	}
	if !pass {
		return errValidate
	}
	return nil
}

func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted: nothing was judged")
	}
	return err
}

func printJSON(w io.Writer, rows any) error {
	text, err := json.MarshalIndent(rows, "", " ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}

// parseValidate reads the command line and poses the systems that it asks for.
func parseValidate(args []string, std streams) (*validateFlags, []*validate.System, error) {
	f := &validateFlags{}
	helped := false
	parser, err := kong.New(f,
		kong.Name("train validate"), kong.Description(validateDescription), kong.Writers(std.out, std.err),
		kong.Exit(func(int) { helped = true }), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.Vars{"densities": strings.Join(validate.Densities(), ",")})
	if err != nil {
		return nil, nil, err
	}
	names := systemNames(parser)
	args, err = systemFirst(args, names)
	if err != nil {
		return nil, nil, err
	}
	parsed, err := parser.Parse(args)
	if helped {
		return nil, nil, errHelp
	}
	if err != nil {
		return nil, nil, usagef("%w (see train validate --help; systems are %s)", err, strings.Join(names, ", "))
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
	poser, ok := parsed.Selected().Target.Addr().Interface().(interface {
		pose(f *validateFlags) ([]*validate.System, error)
	})
	if !ok {
		return nil, nil, fmt.Errorf("system %s cannot be posed", parsed.Selected().Name)
	}
	systems, err := poser.pose(f)
	if err != nil {
		return nil, nil, usageError{err}
	}
	return f, systems, nil
}

func systemNames(parser *kong.Kong) []string {
	var names []string
	for _, node := range parser.Model.Children {
		if !node.Hidden {
			names = append(names, node.Name)
		}
	}
	return names
}

// systemFirst turns --system NAME into NAME as the first argument.
func systemFirst(args, names []string) ([]string, error) {
	for i, a := range args {
		name, ok := strings.CutPrefix(a, "--system=")
		rest := i + 1
		if a == "--system" {
			if rest == len(args) {
				return nil, usagef("--system needs a name: %s", strings.Join(names, ", "))
			}
			name, ok = args[rest], true
			rest++
		}
		if !ok {
			continue
		}
		if !slices.Contains(names, name) {
			return nil, usagef("unknown system %q: known are %s", name, strings.Join(names, ", "))
		}
		return slices.Concat([]string{name}, args[:i], args[rest:]), nil
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") && !slices.Contains(names, args[0]) {
		return nil, usagef("unknown system %q: known are %s", args[0], strings.Join(names, ", "))
	}
	return args, nil
}

// counter shows how far the verb has come: a bar on a terminal, a line for each system elsewhere.
type counter struct {
	w        io.Writer
	terminal bool
	quiet    bool
	bar      *progressbar.ProgressBar
}

func newCounter(f *validateFlags, std streams) *counter {
	c := &counter{w: std.err, quiet: f.Quiet}
	if file, ok := std.err.(*os.File); ok {
		c.terminal = term.IsTerminal(int(file.Fd()))
	}
	return c
}

func (c *counter) start(total int) {
	if c.terminal && !c.quiet {
		c.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(c.w), progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish())
	}
}

func (c *counter) describe(text string) {
	switch {
	case c.quiet || text == "":
	case c.bar != nil:
		c.bar.Describe(text[:min(len(text), 60)])
	default:
		fmt.Fprintln(c.w, text)
	}
}

// step says that what was described before is done.
func (c *counter) step(text string) {
	c.describe(text)
	if c.bar != nil {
		c.bar.Add(1)
	}
}

func (c *counter) stop() {
	if c.bar != nil {
		c.bar.Finish()
	}
}
