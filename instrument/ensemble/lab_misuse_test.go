package ensemble_test

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"calorimeter/instrument"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
	"calorimeter/model"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/gorgonia"
)

// small is a Lab of 4 x 2 trainings of 6 steps of the Gaussian model.
func small() location {
	g := gaussians
	g.lab.Datasets, g.lab.Replicas = 4, 2
	g.lab.Observe = instrument.At(0, 2)
	g.lab.Permutations = -1
	g.system.Steps = 6
	return g
}

// once makes the next training of a Lab with the network as show shows it.
func (g location) once(lab *ensemble.Lab, show func(net *model.Gaussian) ensemble.Network) error {
	t := lab.Training()
	net := g.network()
	defer net.Close()
	net.Init(rand.New(rand.NewPCG(t.Seed, 0)))
	meter := t.Meter(nil, show(net))
	solver := meter.Wrap(instrument.NewSGD(g.system.Rate))
	for range g.system.Steps {
		if _, err := net.Loss(t.Examples); err != nil {
			return err
		}
		solver.Step(gorgonia.NodesToValueGrads(net.Params())) // a loop that drops its errors
	}
	return t.Done()
}

func whole(net *model.Gaussian) ensemble.Network {
	return ensemble.Network{Params: net.Params(), Energies: net.Energies, Move: net.Move, Exact: true}
}

func (g location) open(t *testing.T, dir string) (*ensemble.Lab, error) {
	t.Helper()
	data := g.pool()
	return ensemble.NewLab(dir, g.lab, data.Train.X, data.Test.X)
}

// Whatever is wrong with a network is said by Done, and the training does not count.
func TestLabOfBadNetworks(t *testing.T) {
	g := small()
	for want, show := range map[string]func(net *model.Gaussian) ensemble.Network{
		"step 0: lab_train_nll: training set 0, replica 0 at the start: energies: that of row 3 of 8 is NaN": func(
			net *model.Gaussian) ensemble.Network {
			n := whole(net)
			n.Energies = func(dst []float64, x []float32) error {
				dst[3] = math.NaN()
				return nil
			}
			return n
		},
		`parameter "theta" of the network is not among the 1 that the solver steps`: func(
			net *model.Gaussian) ensemble.Network {
			return whole(g.network())
		},
		"the network has no Params": func(net *model.Gaussian) ensemble.Network {
			return ensemble.Network{Energies: net.Energies}
		},
		"neither Energies nor a Loss": func(net *model.Gaussian) ensemble.Network {
			return ensemble.Network{Params: net.Params()}
		},
		"the weights have moved, and the energies of all held-out examples are the same to the bit": func(
			net *model.Gaussian) ensemble.Network {
			n, copied := whole(net), g.network()
			n.Energies, n.Move = copied.Energies, copied.Move
			return n
		},
		"has a Move but no Energies": func(net *model.Gaussian) ensemble.Network {
			return ensemble.Network{Params: net.Params(), Loss: net.Energies, Move: net.Move}
		},
	} {
		dir := t.TempDir()
		lab, err := g.open(t, dir)
		require.NoError(t, err)
		require.True(t, lab.Next())
		err = g.once(lab, show)
		require.ErrorContains(t, err, want)
		require.False(t, lab.Next())
		_, err = lab.Finish()
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "0 of 8 trainings")
		lab, err = g.open(t, dir) // the lock is gone
		require.NoError(t, err)
		require.True(t, lab.Next())
		require.Zero(t, lab.Training().Replica, "a training that failed does not count")
		require.NoError(t, g.once(lab, whole))
	}
}

func TestLabFolders(t *testing.T) {
	g, dir := small(), t.TempDir()
	lab, err := g.open(t, dir)
	require.NoError(t, err)
	_, err = g.open(t, dir)
	require.ErrorContains(t, err, "another run of this program works in "+dir)
	require.True(t, lab.Next())
	require.False(t, lab.Next())
	require.ErrorContains(t, lab.Err(), "training set 0, replica 0 was not Done")
	require.NoError(t, lab.Close())
	lab, err = g.open(t, dir)
	require.NoError(t, err)
	_, err = lab.Finish()
	require.ErrorContains(t, err, "0 of 8 trainings")
	require.NoError(t, lab.Close())
	unlock, err := record.Lock(dir)
	require.NoError(t, err)
	_, err = g.open(t, dir)
	require.ErrorContains(t, err, "another run of this program works in "+dir)
	require.NoError(t, unlock())

	other := g
	other.lab.Seed, other.lab.Chains = 9, 4
	_, err = other.open(t, dir)
	require.ErrorContains(t, err, "holds trainings of other settings; Seed was 5 and is 9; Chains was 8 and is 4")
	full := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(full, "thesis.tex"), nil, 0o644))
	_, err = g.open(t, full)
	require.ErrorContains(t, err, "it holds thesis.tex and no lab.json")
	data, more := g.pool(), g.lab
	more.Subset = 50
	_, err = ensemble.NewLab(t.TempDir(), more, data.Train.X, data.Test.X)
	require.ErrorContains(t, err, "training sets of 50 examples asked for, but the pool has 20")
}

// Trainings whose sets overlap, or are halves of one pool, end in a page and an audit of the pool; a training whose
// snapshots are not whole is made again; other settings of the program's own are not mixed.
func TestLabOfSharedPools(t *testing.T) {
	if testing.Short() {
		t.Skip("pages of whole runs")
	}
	g, data := small(), small().pool()
	g.lab.Own = record.Settings{{Name: "rate", Value: "0.1"}}
	for _, halves := range []bool{true, false} {
		g.lab.Halves, g.lab.Subset = halves, 8
		if halves {
			g.lab.Subset = 5
		}
		g.system.Subset = g.lab.Subset
		dir := t.TempDir()
		open := func() (*ensemble.Lab, error) { return ensemble.NewLab(dir, g.lab, data.Train.X, data.Test.X) }
		lab, err := open()
		require.NoError(t, err)
		for lab.Next() {
			require.NoError(t, g.once(lab, whole))
			if lab.Next() {
				require.NoError(t, g.once(lab, whole))
			}
		}
		audit, err := lab.Finish()
		require.NoError(t, err)
		_, m := audit.History.Last("m_info")
		require.True(t, m.Known(), "%v", m.Warnings)
		file, err := os.ReadFile(filepath.Join(dir, ensemble.AuditFile))
		require.NoError(t, err)
		examples := map[bool]int{true: 10, false: 20}[halves]
		require.Equal(t, 1+examples, strings.Count(string(file), "\n"), "a row an example of the pool")

		require.NoError(t, os.Remove(filepath.Join(dir, record.RunFile)))
		require.NoError(t, os.Truncate(filepath.Join(dir, "snapshots", "d1-r1.gob"), 100))
		lab, err = open()
		require.NoError(t, err)
		require.True(t, lab.Next())
		require.Equal(t, [2]int{1, 1}, [2]int{lab.Training().Set, lab.Training().Replica})
		require.NoError(t, g.once(lab, whole))
		require.False(t, lab.Next())
		flip(t, filepath.Join(dir, "snapshots", "d0-r1.gob"))
		_, err = lab.Finish()
		require.ErrorContains(t, err, "d0-r1.gob: its content does not match its checksum; remove it")
		flip(t, filepath.Join(dir, "snapshots", "d0-r1.gob"))
		again, err := lab.Finish()
		require.NoError(t, err)
		_, same := again.History.Last("m_info")
		require.Equal(t, m.Value, same.Value)

		other := g.lab
		other.Own = record.Settings{{Name: "rate", Value: "0.01"}}
		_, err = ensemble.NewLab(dir, other, data.Train.X, data.Test.X)
		require.ErrorContains(t, err, "Own was rate=0.1 and is rate=0.01")
	}
}

// flip changes one bit in the middle of a file.
func flip(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[len(data)/2] ^= 1
	require.NoError(t, os.WriteFile(path, data, 0o644))
}

// Finish before all trainings are done compares the whole training sets that there are, and says so.
func TestLabFinishedEarly(t *testing.T) {
	if testing.Short() {
		t.Skip("pages of whole runs")
	}
	g, dir := small(), t.TempDir()
	lab, err := g.open(t, dir)
	require.NoError(t, err)
	for range 7 {
		require.True(t, lab.Next())
		require.NoError(t, g.once(lab, whole))
	}
	run, err := lab.Finish()
	require.ErrorContains(t, err, "7 of 8 trainings are done: what was compared are the first 3 training sets")
	require.Equal(t, record.Interrupted, run.Run.Status)
	require.Equal(t, 3, run.Run.Datasets)
	_, m := run.History.Last("m_info")
	require.True(t, m.Known())
	require.FileExists(t, filepath.Join(dir, record.ReportFile))
	require.FileExists(t, filepath.Join(dir, ensemble.AuditFile))

	lab, err = g.open(t, dir)
	require.NoError(t, err)
	made := 0
	for lab.Next() {
		made++
		require.NoError(t, g.once(lab, whole))
	}
	require.Equal(t, 1, made, "it goes on at the first training that is not done")
	run, err = lab.Finish()
	require.NoError(t, err)
	require.Equal(t, record.Done, run.Run.Status)
	require.Equal(t, 4, run.Run.Datasets)
	_, err = lab.Finish()
	require.NoError(t, err, "as a cell of a notebook that is run again")

	lab, err = g.open(t, dir)
	require.NoError(t, err)
	require.False(t, lab.Next())
	again, err := lab.Finish()
	require.NoError(t, err)
	_, m = run.History.Last("m_info")
	_, same := again.History.Last("m_info")
	require.Equal(t, m.Value, same.Value, "a finished Lab is read")
}

// A network without samples leaves out what needs them; one whose kernel is wrong fails its books.
func TestLabWithoutSamples(t *testing.T) {
	if testing.Short() {
		t.Skip("pages of whole runs")
	}
	g := small()
	compare := func(show func(net *model.Gaussian) ensemble.Network) *ensemble.Journal {
		lab, err := g.open(t, t.TempDir())
		require.NoError(t, err)
		for lab.Next() {
			require.NoError(t, g.once(lab, show))
		}
		run, err := lab.Finish()
		require.NoError(t, err)
		return run
	}
	run, silent := compare(whole), compare(func(net *model.Gaussian) ensemble.Network {
		return ensemble.Network{Params: net.Params(), Loss: net.Energies}
	})
	for _, name := range []string{"train_nll", "test_nll", "m_info", "cmi", "mem", "s_theta", "gap"} {
		_, want := run.History.Last(name)
		_, have := silent.History.Last(name)
		assert.Equal(t, want.String(), have.String(), name)
	}
	for _, info := range silent.Run.Quantities {
		for _, of := range []string{"work", "heat", "entropy_production", "l_info", "x_info", "copying", "ift"} {
			assert.False(t, strings.HasPrefix(info.Name, of), info.Name)
		}
		_, e := silent.History.Last(info.Name)
		assert.True(t, e.Known() || len(e.Warnings) > 0, info.Name)
	}
	assert.Contains(t, silent.Run.Notes[0], "the network draws no samples")
	same := func(run *ensemble.Journal) bool {
		return slices.ContainsFunc(run.Run.Warnings, func(w record.Warning) bool {
			return strings.Contains(w.Text, "the replicas of a training set have the same weights")
		})
	}
	assert.False(t, same(run))
	assert.True(t, same(compare(func(net *model.Gaussian) ensemble.Network { // one start, and no noise
		copy(net.Params()[0].Value().Data().([]float64), []float64{0, 0})
		return whole(net)
	})))
	assert.Len(t, silent.Run.Findings, 1)

	g.lab.Chains = 400
	wrong := compare(func(net *model.Gaussian) ensemble.Network {
		n := whole(net)
		n.Move = func(x []float32, rng *rand.Rand) error { // of half the standard deviation
			if err := net.Move(x, rng); err != nil {
				return err
			}
			theta := net.Params()[0].Value().Data().([]float64)
			for i := range x {
				x[i] = float32(theta[i%2]) + (x[i]-float32(theta[i%2]))/2
			}
			return nil
		}
		return n
	})
	at := slices.IndexFunc(wrong.Run.Books, func(c record.Check) bool { return c.Name == "fluctuation theorem" })
	assert.Equal(t, record.Fail, wrong.Run.Books[at].Verdict, wrong.Run.Books[at].Figure)
	for _, trust := range record.Trusts(wrong.Run, wrong.History) {
		if slices.Contains([]string{"work", "heat", "entropy_production", "s_x_given_theta", "l_info"}, trust.Quantity) {
			assert.Equal(t, record.Fail, trust.Level, trust.Quantity)
		}
	}
}
