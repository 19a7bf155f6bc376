package main

import (
	"cmp"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"calorimeter/datasets"
	"calorimeter/instrument/record"
	"calorimeter/model/blas"

	"github.com/alecthomas/kong"
)

// errHelp says that help was asked for and printed.
var errHelp = errors.New("help was printed")

// A model is a struct whose fields are its flags, composed of the groups that it shares with others. The tags of a
// field say all there is to say of a flag: its group in the help, its default where every model has the same (the
// model's constructor sets the others), its text, and limits that no library knows (see limits).

// runFlags are those of every run that numbers depend on.
type runFlags struct {
	Model string `group:"Model" help:"Network to train: ${models}."`

	Data       string `group:"Data" default:"mnist-sample" help:"${datasets}, or a path: IDX files, .npy, .npz, PNGs."`
	Preprocess string `group:"Data" default:"auto" help:"Comma-separated: ${steps}; none; auto for 28x28 images: ${auto}."`

	Steps int `group:"Training" least:"1" help:"Training steps."`
	optimizerFlags
	Observations int    `group:"Training" least:"2" most:"1e6" help:"Observations, from step 0 on, even in ln(step)."`
	Seed         uint64 `group:"Training" default:"1" help:"Seed of every random stream."`

	auto  string       // preprocessing of 28x28 images
	flags []*kong.Flag // all of the model
	share share
}

// share is what of a run is done here; the zero value is all of it.
type share struct {
	train   []int // the replicas that are trained; nil: all
	compare []int // the training sets that are compared; nil: all
}

func (f *runFlags) run() *runFlags { return f }

// words are what the texts of flags leave open.
func (f *runFlags) words() kong.Vars {
	list := func(names []string) string { return strings.Join(names, ", ") }
	words := kong.Vars{
		"model": f.Model, "models": list(modelNames()), "blas": list(blas.Names()),
		"datasets": list(append(datasets.Names(), "normal")), "steps": list(datasets.Steps()), "auto": f.auto,
	}
	maps.Copy(words, f.optimizerWords())
	return words
}

// located makes the path of data in files absolute, so that the record of a run holds wherever it is read.
func located(data string) string {
	path, err := filepath.Abs(data)
	if err != nil || data == "normal" || slices.Contains(datasets.Names(), data) {
		return data
	}
	if _, err := os.Stat(path); err != nil {
		return data
	}
	return path
}

// record lists the settings as they go into run.json: under the names of their flags, defaults included.
func (f *runFlags) record() record.Settings {
	var all record.Settings
	for _, flag := range f.flags {
		if flag.Group != nil && flag.Group.Key != "Output" && flag.Group.Key != "Machine" {
			all = append(all, record.Setting{Name: flag.Name, Value: written(flag.Target)})
		}
	}
	return all
}

// commonFlags are those of every run that no number depends on, rounding by the linear algebra aside.
type commonFlags struct {
	Out string `group:"Output" placeholder:"DIR" help:"Run folder, new or empty (runs/MODEL-DATE-TIME)."`
	sittingFlags
	Blas string `group:"Machine" default:"auto" enum:"${blas}" help:"Linear algebra: ${enum}."`
}

// sittingFlags may be chosen anew when a run is resumed.
type sittingFlags struct {
	JSON  bool `group:"Output" name:"json" help:"One JSON object on standard output; all else goes to standard error."`
	Quiet bool `group:"Output" short:"q" help:"Print the run folder alone: no progress and no table."`
	liveFlags
	Workers int `group:"Machine" placeholder:"N" help:"Replicas trained at the same time (one a core)."`
}

// again are the flags of what is printed, as they are written on a command line.
func (f *sittingFlags) again() (args []string) {
	if f.Quiet {
		args = append(args, "--quiet")
	}
	if f.JSON {
		args = append(args, "--json")
	}
	return args
}

func (f *commonFlags) common() *commonFlags { return f }

func (f *commonFlags) check(*kong.Context) error { return f.liveFlags.check() }

// order is a command line that was understood: what to train, and how. It is a recipe or an encoder.
type order interface {
	run() *runFlags
	common() *commonFlags
	description() string
	// check fills in what follows from other flags of the line and rejects what makes no sense whatever the data, as far
	// as libraries do not.
	check(line *kong.Context) error
}

// models are the constructors of all models, which set the defaults.
var models = []func() order{
	newMADE, newRBM, newEBM, newMLP, newConv, newGaussian, newSimCLR, newSwAV, newDINO,
}

func modelNames() []string {
	var names []string
	for _, build := range models {
		names = append(names, build().run().Model)
	}
	return names
}

// flagged finds the value of a flag in a command line before it is parsed; without one it is as given.
func flagged(args []string, flag, without string) string {
	for i, a := range args {
		if value, ok := strings.CutPrefix(a, flag+"="); ok {
			return value
		}
		if a == flag && i+1 < len(args) {
			return args[i+1]
		}
	}
	return without
}

// parse reads the command line of a run of any model, and asks the libraries for what makes no sense whatever the data.
func parse(args []string, std streams) (order, error) {
	name := flagged(args, "--model", "made")
	i := slices.Index(modelNames(), name)
	if i < 0 {
		return nil, usagef("unknown model %q: known are %s", name, strings.Join(modelNames(), ", "))
	}
	o, see := models[i](), "train --model "+name
	f := o.run()
	line, err := parseLine(o, args, std, see, kong.Name("train"), kong.Description(o.description()), f.words())
	if err != nil {
		return nil, cmp.Or(foreign(args, name), err)
	}
	if f.Model != name {
		return nil, usagef("--model is given twice, as %s and %s", name, f.Model)
	}
	f.Data = located(f.Data)
	f.flags, err = line.Flags(), o.check(line)
	if err == nil {
		switch m := o.(type) {
		case recipe:
			_, err = m.network(new(examples))
			err = cmp.Or(m.config().Validate(), err)
		case encoder:
			const pixels = 1 // any picture has one
			err = cmp.Or(m.config().Validate(), m.settings(pixels).Validate())
		}
	}
	if err != nil {
		return nil, usagef("%w (see %s --help)", err, see)
	}
	return o, nil
}

// foreign is the error about a flag that the named model does not have and others do; nil if there is none.
func foreign(args []string, name string) error {
	for _, a := range args {
		flag, _, _ := strings.Cut(a, "=")
		var owners []string
		for _, build := range models {
			o := build()
			parser, err := kong.New(o, o.run().words())
			if err == nil && slices.ContainsFunc(parser.Model.Flags, func(f *kong.Flag) bool { return "--"+f.Name == flag }) {
				owners = append(owners, o.run().Model)
			}
		}
		if owners != nil && !slices.Contains(owners, name) {
			return usagef("%s is a flag of %s; this run trains %s", flag, strings.Join(owners, ", "), name)
		}
	}
	return nil
}
