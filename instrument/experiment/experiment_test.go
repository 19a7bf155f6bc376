package experiment

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// broken is a formula that is wrong on purpose: a change of what the runs of an exact case tell.
type broken struct {
	what string
	do   func(runs []*Run)
}

// breaks are the broken formulas of every experiment with jobs, by name; each file of tests adds its own.
var breaks = map[string][]broken{}

// built is the folder of the program; empty while no test needed it.
var built string

// program builds the program that carries out jobs, once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "experiment")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "train")
	out, err := exec.Command("go", "build", "-o", path, "calorimeter/cmd/train").CombinedOutput()
	os.Stderr.Write(out)
	return path, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(code)
}

// trained carries out the exact case of an experiment or, with settings, its networks, and returns the runs.
func trained(t *testing.T, e *Experiment, settings ...string) (runs []*Run) {
	t.Helper()
	trial, under := e.Exact, "exact"
	args := []string{"experiment", e.Name, "--exact"}
	if len(settings) > 0 {
		trial, under = e.Network, "runs"
		args = args[:2]
		for _, s := range settings {
			args = append(args, "--"+s)
		}
	}
	if len(trial.Jobs) == 0 {
		return nil
	}
	train, err := program()
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), e.Name)
	out, err := exec.Command(train, append(args, "--quiet", "--out="+dir)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, job := range trial.Jobs {
		run, err := Load(job.Name, filepath.Join(dir, under, job.Name))
		require.NoError(t, err)
		runs = append(runs, run)
	}
	return runs
}

// The exact case of every experiment holds, and does not where a formula is broken.
func TestExactCasesHoldAndBrokenFormulasDoNot(t *testing.T) {
	if testing.Short() {
		t.Skip("trains the exact cases")
	}
	for _, e := range All() {
		t.Run(e.Name, func(t *testing.T) {
			jobs := trained(t, e)
			o, err := e.Exact.Judge(jobs)
			require.NoError(t, err)
			for _, s := range o.Statements {
				assert.Equal(t, record.Holds, s.Verdict, "%s: %v, expected %s: %s", s.Text, s.Figure, s.Expected, s.Because)
			}
			if len(jobs) > 0 {
				require.GreaterOrEqual(t, len(breaks[e.Name]), 2, "no broken formulas")
			}
			for _, b := range breaks[e.Name] {
				var wrong []*Run
				for _, r := range jobs {
					fresh, err := Load(r.Name, r.Dir)
					require.NoError(t, err)
					wrong = append(wrong, fresh)
				}
				b.do(wrong)
				o, err := e.Exact.Judge(wrong)
				require.NoError(t, err)
				assert.Equal(t, record.Fails, record.Worst(o.Statements), "%s passes", b.what)
			}
		})
	}
}

// altered puts f(reading) in the place of every reading of a quantity.
func altered(r *Run, name string, f func(e estimate.Estimate) estimate.Estimate) {
	h := record.NewHistory(r.History.Infos())
	for _, e := range r.History.Events() {
		for i, reading := range e.Readings {
			if reading.Info.Name == name {
				e.Readings[i].Reading = f(reading.Reading)
			}
		}
		h.Record(e)
	}
	r.History = h
}

// times alters every reading of a quantity by a factor.
func times(name string, factor float64) func(runs []*Run) {
	return func(runs []*Run) {
		for _, r := range runs {
			altered(r, name, func(e estimate.Estimate) estimate.Estimate { return e.Scale(factor) })
		}
	}
}

// Everything that a reader needs is declared.
func TestExperimentsAreDeclaredWhole(t *testing.T) {
	for _, e := range All() {
		assert.Contains(t, order, e.Name)
		for _, text := range []string{e.Name, e.Title, e.Claim, e.Source, e.Caption} {
			assert.NotEmpty(t, text, "%s", e.Name)
		}
		assert.NotEmpty(t, e.Limits, "%s", e.Name)
		assert.NotNil(t, e.Exact.Judge, "%s", e.Name)
		assert.NotNil(t, e.Network.Judge, "%s", e.Name)
		for _, name := range e.Network.Varies { // or nothing keeps a reader from making all jobs the same
			differ := func(j Job) bool {
				has := func(s string) bool { return named(s) == name }
				a, b := slices.IndexFunc(j.Settings, has), slices.IndexFunc(e.Network.Jobs[0].Settings, has)
				return a < 0 || b < 0 || j.Settings[a] != e.Network.Jobs[0].Settings[b]
			}
			assert.True(t, slices.ContainsFunc(e.Network.Jobs, differ), "%s does not vary %s", e.Name, name)
		}
	}
}
