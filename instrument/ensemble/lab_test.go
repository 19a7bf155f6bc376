package ensemble_test

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"calorimeter/datasets"
	"calorimeter/instrument"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
	"calorimeter/instrument/testsystems"
	"calorimeter/model"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/gorgonia"
)

// Deliberate errors, and the tests that caught them:
//
//	chains of a stream of their own making                TestLabIsTheJob
//	held-out and training examples swapped                TestLabIsTheJob
//	weights not put back after a look at earlier ones      TestLabIsTheJob
//	a training taken for done without its last snapshot    TestKilledLabGoesOn

// location is the Gaussian model of location as a program of one's own trains it: Langevin SGD on the whole training
// set.
type location struct {
	system testsystems.GaussianPPM
	lab    ensemble.LabSettings
}

var gaussians = location{
	system: testsystems.GaussianPPM{
		Dim: 2, Sigma: 1, DataSigma: 1.2, InitVar: 0.01, Subset: 5, Rate: 0.1, Temperature: 0.02, Steps: 40,
	},
	lab: ensemble.LabSettings{
		Datasets: 24, Replicas: 4, Subset: 5, Dim: 2, Seed: 5, Chains: 8, Observe: instrument.At(0, 1, 6, 40),
	},
}

func (g location) pool() *datasets.Split {
	return datasets.Normal(g.system.Dim, g.system.DataSigma, g.lab.Datasets*g.lab.Subset, 50, g.lab.Seed)
}

func (g location) network() *model.Gaussian {
	net, err := model.NewGaussian(model.GaussianSettings{
		Dim: g.system.Dim, Sigma: g.system.Sigma, InitVar: g.system.InitVar, Batch: g.system.Subset, EvalBatch: 1024,
		Precision: model.Float64,
	})
	if err != nil {
		panic(err)
	}
	return net
}

// train is the program: it goes on wherever the folder is.
func (g location) train(dir string) (*ensemble.Journal, error) { return g.trainOn(dir, g.pool()) }

func (g location) trainOn(dir string, data *datasets.Split) (*ensemble.Journal, error) {
	lab, err := ensemble.NewLab(dir, g.lab, data.Train.X, data.Test.X)
	if err != nil {
		return nil, err
	}
	for lab.Next() {
		t := lab.Training()
		net := g.network()
		net.Init(rand.New(instrument.Stream(g.lab.Seed, t.Set, t.Replica, "init")))
		meter := t.Meter(nil, ensemble.Network{
			Params: net.Params(), Energies: net.Energies, Move: net.Move, Exact: true,
		})
		noise := rand.New(instrument.Stream(g.lab.Seed, t.Set, t.Replica, "noise"))
		solver := meter.Wrap(instrument.NewSGD(g.system.Rate).WithTemperature(g.system.Temperature, noise))
		for range g.system.Steps {
			if _, err := net.Loss(t.Examples); err != nil {
				return nil, err
			}
			if err := solver.Step(gorgonia.NodesToValueGrads(net.Params())); err != nil {
				return nil, err
			}
		}
		if err := t.Done(); err != nil {
			return nil, err
		}
		if err := net.Close(); err != nil {
			return nil, err
		}
	}
	return lab.Finish()
}

// The Gaussian model as a foreign program has the curves of the built-in job, bit for bit, and they are those of P9.1.
func TestLabIsTheJob(t *testing.T) {
	if testing.Short() {
		t.Skip("pages of whole runs")
	}
	g := gaussians
	run, err := g.train(filepath.Join(t.TempDir(), "lab"))
	require.NoError(t, err)

	data := g.pool()
	draw, err := datasets.TrainingSets(data.Train.Len(), g.lab.Datasets, g.lab.Subset, g.lab.Seed)
	require.NoError(t, err)
	var sets [][]float32
	for _, rows := range draw.Indices {
		sets = append(sets, data.Train.Gather(nil, rows))
	}
	e, err := ensemble.New(ensemble.Config{
		Seed: g.lab.Seed, Replicas: g.lab.Replicas, Chains: g.lab.Chains, Batch: g.lab.Subset, Rate: g.system.Rate,
		Temperature: g.system.Temperature, Independent: true, Observe: []int{0, 1, 6, 40},
	}, func() (model.PPM, error) { return g.network(), nil }, sets, data.Test.X)
	require.NoError(t, err)
	defer e.Close()
	job := ensemble.NewJournal(e, &record.Run{Status: record.Done})
	require.NoError(t, e.Engine.Run(context.Background(), func(o ensemble.Observed) error {
		job.Enter(o)
		return nil
	}))
	same := slices.DeleteFunc(job.Run.Quantities, func(info record.Info) bool {
		return info.Name == "m_info_noise" // what the steps of the job bound, those of a foreign solver do not
	})
	require.Equal(t, same, run.Run.Quantities)
	for _, info := range same {
		steps, theirs := job.History.Series(info.Name)
		same, ours := run.History.Series(info.Name)
		require.Equal(t, steps, same)
		for i := range theirs {
			assert.Equal(t, theirs[i].String(), ours[i].String(), "%s at step %d", info.Name, steps[i])
			if theirs[i].Known() {
				assert.Equal(t, theirs[i].Value, ours[i].Value, "%s at step %d", info.Name, steps[i])
			}
		}
	}

	work := g.system.CumulativeWork([]int{0, 1, 6, 40})
	for name, truth := range map[string]float64{
		"work": work[3], "s_theta": g.system.EntropyTheta(40), "m_info_gauss": g.system.MInfo(40),
		"s_x_given_theta": g.system.EntropyXGivenTheta(),
	} {
		_, e := run.History.Last(name)
		assert.Less(t, math.Abs(e.Z(truth)), 3.0, "%s: %v, truth %v", name, e, truth)
	}
	for _, bound := range []string{"l_info", "x_info"} {
		truth := map[string]float64{"l_info": g.system.LInfo(40), "x_info": g.system.XInfo(40)}[bound]
		_, lower := run.History.Last(bound + "_lo")
		_, upper := run.History.Last(bound + "_hi")
		assert.Less(t, lower.Value-3*lower.SE, truth)
		assert.Greater(t, upper.Value+3*upper.SE, truth)
	}
	for _, c := range run.Run.Books {
		assert.NotEqual(t, record.Fail, c.Verdict, c.Name)
	}
}

// Training sets that share examples are audited example by example of the pool they were drawn from.
func TestLabOfSharedExamples(t *testing.T) {
	g := gaussians
	g.lab.Datasets, g.lab.Subset = 6, 10
	g.system.Subset = 10
	data := datasets.Normal(g.system.Dim, g.system.DataSigma, 15, 50, g.lab.Seed)
	dir := filepath.Join(t.TempDir(), "lab")
	_, err := g.trainOn(dir, data)
	require.NoError(t, err)
	csv, err := os.ReadFile(filepath.Join(dir, "memorization.csv"))
	require.NoError(t, err)
	assert.Len(t, strings.Split(strings.TrimSpace(string(csv)), "\n"), 1+15, "a row for each example of the pool")
}

// A Lab whose trainings several programs share, two of them one shard at the same time, has the curves of one.
func TestLabOfShards(t *testing.T) {
	g := small()
	one, many := t.TempDir(), t.TempDir()
	lab, err := g.open(t, one)
	require.NoError(t, err)
	for lab.Next() {
		require.NoError(t, g.once(lab, whole))
	}
	_, err = lab.Finish()
	require.NoError(t, err)
	made := 0
	for _, shard := range []int{2, 0, 1} {
		part := g
		part.lab.Shard, part.lab.Shards = shard, 3
		lab, err := part.open(t, many)
		require.NoError(t, err)
		twin, err := part.open(t, many)
		require.NoError(t, err, "no lock keeps it out")
		for lab.Next() {
			made++
			if shard == 1 {
				require.True(t, twin.Next())
				require.Equal(t, lab.Training().Seed, twin.Training().Seed)
				require.NoError(t, g.once(twin, whole))
			}
			require.NoError(t, g.once(lab, whole))
		}
		_, err = lab.Finish()
		require.ErrorIs(t, err, ensemble.ErrShard)
	}
	require.Equal(t, 8, made)
	lab, err = g.open(t, many)
	require.NoError(t, err)
	made = 0
	for lab.Next() {
		made++
		require.NoError(t, g.once(lab, whole))
	}
	require.Equal(t, 1, made, "the last once more, for its network")
	_, err = lab.Finish()
	require.NoError(t, err)
	for _, file := range []string{record.ReadingsFile, record.CurvesFile, record.DiagramsFile, ensemble.AuditFile} {
		want, err := os.ReadFile(filepath.Join(one, file))
		require.NoError(t, err)
		have, err := os.ReadFile(filepath.Join(many, file))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(have), file)
	}
	wrong := g
	wrong.lab.Shard, wrong.lab.Shards = 3, 3
	_, err = wrong.open(t, many)
	require.ErrorContains(t, err, "shard 3 of 3")
}

// labFolder names the folder to this test's own program, which TestKilledLabGoesOn kills.
const labFolder = "CALORIMETER_TEST_LAB"

func TestMain(m *testing.M) {
	if dir := os.Getenv(labFolder); dir != "" {
		g := gaussians
		g.lab.Datasets = 6
		if _, err := g.train(dir); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A program that is killed at random moments and started again ends with the readings of one that never was.
func TestKilledLabGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("a program that is killed 20 times")
	}
	program := func(dir string) *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), labFolder+"="+dir)
		c.Stderr = os.Stderr
		return c
	}
	whole, killed := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "killed")
	start := time.Now()
	require.NoError(t, program(whole).Run())
	took := time.Since(start)
	kills, rng := 0, rand.New(rand.NewPCG(1, 2))
	for ended := false; !ended; {
		c := program(killed)
		require.NoError(t, c.Start())
		exited := make(chan error, 1)
		go func() { exited <- c.Wait() }()
		wait := time.Duration(float64(took) * (0.05 + 0.3*rng.Float64()))
		if kills >= 20 {
			wait = 10 * time.Minute
		}
		select {
		case err := <-exited:
			require.NoError(t, err)
			ended = true
		case <-time.After(wait):
			kills++
			require.NoError(t, c.Process.Kill())
			<-exited
		}
	}
	t.Logf("%d kills of a program that takes %v", kills, took)
	require.GreaterOrEqual(t, kills, 5) // a busy machine tells badly how long the program takes
	for _, file := range []string{record.ReadingsFile, record.CurvesFile, record.DiagramsFile} {
		want, err := os.ReadFile(filepath.Join(whole, file))
		require.NoError(t, err)
		have, err := os.ReadFile(filepath.Join(killed, file))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(have), file)
	}
}
