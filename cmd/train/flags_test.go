package main

import (
	"io"
	"slices"
	"strings"
	"testing"

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

// parsed is the order of a command line that is understood.
func parsed(t *testing.T, args ...string) order {
	t.Helper()
	o, err := parse(args, streams{io.Discard, io.Discard})
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
	ensemble := strings.Fields("model data preprocess subset test-size datasets replicas chains init steps batch lr" +
		" temperature observations seed permutations m-info-gauss sets")
	chains := strings.Fields("width sweeps particles burn-in moves follow follow-moves ais-chains ais-steps")
	encoder := strings.Fields("model width representation head projection tau float64 data preprocess subset test-size" +
		" probe-size shift scale rotation shear noise erase view-pairs datasets replicas permutations steps batch lr" +
		" observations seed")
	for name, own := range map[string][]string{
		"made": append([]string{"width"}, ensemble...),
		"rbm":  slices.Concat(ensemble, chains, []string{"gradient"}),
		"ebm":  slices.Concat(ensemble, chains, []string{"net"}),
		"mlp":  append([]string{"width", "shuffle"}, ensemble...), "conv": append([]string{"width", "shuffle"}, ensemble...),
		"gaussian": append([]string{"dim", "sigma", "data-sigma", "init-var"}, ensemble...),
		"simclr":   encoder,
		"swav":     append([]string{"labels", "epsilon", "sinkhorn-rounds"}, encoder...),
		"dino": slices.Concat(encoder,
			strings.Fields("labels teacher-tau momentum centre-momentum no-centring no-sharpening")),
	} {
		slices.Sort(own)
		assert.Equal(t, own, names("--model", name, "--quiet", "--workers=2", "--blas=gonum", "--out=here"), name)
	}
}

func TestABatchIsCutToItsTrainingSetUnlessAskedFor(t *testing.T) {
	batch := func(args ...string) int { return parsed(t, args...).(recipe).ensemble().Batch }
	assert.Equal(t, 50, batch())
	assert.Equal(t, 20, batch("--subset=20"))
	assert.Equal(t, 500, batch("--batch=0"))
	assert.Equal(t, 4, batch("--model=gaussian"))
	_, err := parse([]string{"--subset=20", "--batch=50"}, streams{io.Discard, io.Discard})
	assert.ErrorContains(t, err, "larger than the training set")
}

func TestAFlagOfAnotherModelIsNamed(t *testing.T) {
	for line, want := range map[string]string{
		"--follow 3":                       "--follow is a flag of rbm, ebm; this run trains made",
		"--seed=2 --labels=3 --model=mlp":  "--labels is a flag of swav, dino; this run trains mlp",
		"--model simclr --temperature 0.1": "--temperature is a flag of made, rbm, ebm, mlp, conv, gaussian; this run",
		"--moments 3":                      "unknown flag --moments",
	} {
		_, err := parse(strings.Fields(line), streams{io.Discard, io.Discard})
		assert.ErrorContains(t, err, want)
		assert.ErrorAs(t, err, new(usageError))
	}
}
