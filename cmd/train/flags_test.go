package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"calorimeter/instrument/solver"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors that were tried, and the test that caught each:
//
//	a tag's default before the constructor's      TestARecordIsACommandLine
//	floats written with %.3f                      TestARecordIsACommandLine
//	lists written with spaces                     TestARecordIsACommandLine
//	no sharpening, but the teacher's temperature  TestARecordIsACommandLine
//	files of the output in the record             TestARecordHoldsWhatNumbersDependOn
//	every flag taken for given                    TestABatchIsCutToItsTrainingSetUnlessAskedFor
//	a flag of another model called unknown        TestAFlagOfAnotherModelIsNamed
//	adam at the rate of sgd; unused flags kept    TestOptimizersHaveARateOfTheirOwn

// parsed is the order of a command line that is understood.
func parsed(t *testing.T, args ...string) order {
	t.Helper()
	o, err := parse(args, streams{out: io.Discard, err: io.Discard})
	require.NoError(t, err, "%v", args)
	return o
}

// recorded is the record of an order as a command line. An encoder's images are as many as if its data had been opened.
func recorded(o order) (args []string) {
	if m, ok := o.(encoder); ok {
		m.ssl().Subset, m.ssl().TestSize = new(5000), new(1000)
	}
	for _, s := range o.run().record() {
		args = append(args, "--"+s.Name+"="+s.Value)
	}
	return args
}

func TestARecordIsACommandLine(t *testing.T) {
	for _, name := range modelNames() {
		once := recorded(parsed(t, "--model", name))
		assert.Equal(t, once, recorded(parsed(t, once...)))
	}
	for _, line := range []string{
		"--optimizer=adam", "--optimizer=nesterov --momentum=0.5 --weight-decay=1e-4 --clip=3", "--lr-schedule=step",
	} {
		once := recorded(parsed(t, strings.Fields(line)...))
		assert.Equal(t, once, recorded(parsed(t, once...)))
	}
	small := recorded(parsed(t, "--lr", "1e-9", "--width", "7,5", "--permutations", "0", "--seed", "18446744073709551615"))
	for _, arg := range []string{"--lr=1e-09", "--width=7,5", "--permutations=0", "--seed=18446744073709551615"} {
		assert.Contains(t, small, arg)
	}
	assert.Equal(t, small, recorded(parsed(t, small...)))
	assert.Subset(t, recorded(parsed(t, "--model=gaussian")),
		[]string{"--data=normal", "--init=independent", "--permutations=0"})
	assert.Contains(t, recorded(parsed(t, "--model=dino", "--no-sharpening")), "--teacher-tau=0.1")
}

func TestARecordHoldsWhatNumbersDependOn(t *testing.T) {
	names := func(args ...string) (names []string) {
		for _, arg := range recorded(parsed(t, args...)) {
			name, _, _ := strings.Cut(arg, "=")
			names = append(names, strings.TrimPrefix(name, "--"))
		}
		slices.Sort(names)
		return names
	}
	descent := strings.Fields("optimizer lr lr-schedule lr-drop lr-drops momentum weight-decay clip")
	ensemble := append(strings.Fields("model data preprocess subset test-size datasets replicas chains init steps batch"+
		" temperature observations seed permutations m-info-gauss sets follow"), descent...)
	chains := strings.Fields("width sweeps particles burn-in moves follow-moves lag ais-chains ais-steps")
	encoder := append(strings.Fields("model width representation head projection tau float64 data preprocess subset"+
		" test-size probe-size shift scale rotation shear noise erase view-pairs datasets replicas permutations steps batch"+
		" observations seed"), descent...)
	for name, own := range map[string][]string{
		"made": append([]string{"width"}, ensemble...),
		"rbm":  slices.Concat(ensemble, chains, []string{"gradient"}),
		"ebm":  slices.Concat(ensemble, chains, []string{"net"}),
		"mlp":  append([]string{"width", "shuffle"}, ensemble...), "conv": append([]string{"width", "shuffle"}, ensemble...),
		"gaussian": append([]string{"dim", "sigma", "data-sigma", "init-var"}, ensemble...),
		"simclr":   encoder,
		"swav":     append(strings.Fields("labels epsilon sinkhorn-rounds no-balancing"), encoder...),
		"dino": slices.Concat(encoder,
			strings.Fields("labels teacher-tau teacher-momentum centre-momentum no-centring no-sharpening")),
	} {
		slices.Sort(own)
		assert.Equal(t, own, names("--model", name, "--quiet", "--workers=2", "--blas=gonum", "--out=here"), name)
	}
}

func TestOptimizersHaveARateOfTheirOwn(t *testing.T) {
	for line, want := range map[string]string{
		"":                                           "sgd at 0.04",
		"--optimizer=momentum":                       "momentum 0.9 at 0.004",
		"--optimizer=nesterov --momentum=0.5":        "nesterov 0.5 at 0.02",
		"--optimizer=momentum --momentum=0":          "momentum at 0.04",
		"--optimizer=adam":                           "adam at 0.001",
		"--optimizer=rmsprop --model=mlp":            "rmsprop at 0.001",
		"--optimizer=adagrad --momentum=0":           "adagrad at 0.01",
		"--optimizer=adagrad --lr=2":                 "adagrad at 2",
		"--model=swav":                               "adam at 0.001",
		"--model=swav --optimizer=sgd":               "sgd at 0.3",
		"--model=dino --optimizer=momentum --clip=1": "momentum 0.9 at 0.03",
	} {
		s := parsed(t, strings.Fields(line)...).run().descent()
		got := fmt.Sprintf("%s at %.3g", s.Algorithm, s.Rate)
		if s.Momentum > 0 {
			got = fmt.Sprintf("%s %g at %.3g", s.Algorithm, s.Momentum, s.Rate)
		}
		assert.Equal(t, want, got, line)
	}
	assert.Equal(t, solver.Settings{
		Algorithm: solver.Nesterov, Rate: 0.2, Momentum: 0.7, WeightDecay: 1e-4, Clip: 5,
		Schedule: solver.Schedule{Shape: solver.Steps, N: 300, Drop: 0.3, Drops: 4},
	}, parsed(t, strings.Fields("--optimizer nesterov --lr 0.2 --momentum 0.7 --weight-decay 1e-4 --clip 5 --steps 300"+
		" --lr-schedule step --lr-drop 0.3 --lr-drops 4")...).(recipe).config().Solver)
	for line, want := range map[string]string{
		"--momentum 0.5":                        "--momentum 0.5 is of momentum and nesterov; the optimizer is sgd",
		"--model dino --momentum 0.99":          "--momentum 0.99 is of momentum and nesterov; the optimizer is adam",
		"--optimizer momentum --momentum 1":     "momentum 1; it must be 0 or more and below 1",
		"--optimizer adamw":                     "--optimizer must be one of",
		"--lr-drops 3":                          "are of the step schedule; --lr-schedule is constant",
		"--lr-schedule cosine --lr-drop 0.5":    "--lr-schedule is cosine",
		"--lr-schedule step --lr-drop 1":        "drops to 1 of itself; it must be above 0 and below 1",
		"--weight-decay=-1":                     "weight decay -1; it must be 0 or more and finite",
		"--model simclr --clip NaN":             "clipped at NaN",
		"--model gaussian --optimizer adam":     "a temperature of 0.02 needs plain sgd, without clipping and weight decay",
		"--temperature 1e-7 --weight-decay 0.1": "a temperature of 1e-07 needs plain sgd",
	} {
		_, err := parse(strings.Fields(line), streams{out: io.Discard, err: io.Discard})
		assert.ErrorContains(t, err, want)
		assert.ErrorAs(t, err, new(usageError))
	}
	parsed(t, strings.Fields("--model gaussian --lr-schedule cosine")...) // the noise goes with the rate
}

func TestABatchIsCutToItsTrainingSetUnlessAskedFor(t *testing.T) {
	batch := func(args ...string) int { return parsed(t, args...).(recipe).ensemble().Batch }
	assert.Equal(t, 50, batch())
	assert.Equal(t, 20, batch("--subset=20"))
	assert.Equal(t, 500, batch("--batch=0"))
	assert.Equal(t, 4, batch("--model=gaussian"))
	_, err := parse([]string{"--subset=20", "--batch=50"}, streams{out: io.Discard, err: io.Discard})
	assert.ErrorContains(t, err, "larger than the training set")
}

func TestAFlagOfAnotherModelIsNamed(t *testing.T) {
	for line, want := range map[string]string{
		"--follow-moves 3":                 "--follow-moves is a flag of rbm, ebm; this run trains made",
		"--seed=2 --labels=3 --model=mlp":  "--labels is a flag of swav, dino; this run trains mlp",
		"--model simclr --temperature 0.1": "--temperature is a flag of made, rbm, ebm, mlp, conv, gaussian; this run",
		"--moments 3":                      "unknown flag --moments",
	} {
		_, err := parse(strings.Fields(line), streams{out: io.Discard, err: io.Discard})
		assert.ErrorContains(t, err, want)
		assert.ErrorAs(t, err, new(usageError))
	}
}
