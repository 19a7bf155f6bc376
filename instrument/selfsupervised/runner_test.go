package selfsupervised

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
	"calorimeter/instrument/solver"
	"calorimeter/instrument/thermo"
	"calorimeter/model"
	"calorimeter/model/ssl"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	class not subtracted from the probe's softmax      TestLinearProbeReachesBayes
//	penalty's gradient doubled                         TestLogisticGradient
//	features not divided by their deviation            TestLinearProbeStandardises
//	neighbours by inner product, not cosine            TestNeighboursAgainstBruteForce
//	neighbours in the wrong order                      TestNeighboursByHand
//	sign of the worst efficiency                       TestBooksFail
//	loss residual left out of its book                 TestBooksFail
//	one step too many counted into the table           TestBooksOfRealRuns
//	sign of the extracted work in the record           TestBooksOfRealRuns
//	plus the centre for DINO's field                   TestBooksOfRealRuns
//	gain without the random encoder's accuracy         TestBooksOfRealRuns
//	a loss of the probe left open                      TestBooksFail
//	streams, weights or moments shared between clones  TestClonesShareNothing
//	a solver that begins anew at each observation      TestClonesShareNothing

// pictures draws pictures of 6 x 6 of three classes: a row, a column, or a diagonal, at a random place.
func pictures(n int, seed uint64) *Images {
	rng := rand.New(rand.NewPCG(seed, 7))
	im := &Images{Rows: 6, Cols: 6}
	for range n {
		x := make([]float32, 36)
		at, class := rng.IntN(6), rng.IntN(3)
		for i := range 6 {
			x[[]int{at*6 + i, i*6 + at, i*6 + (i+at)%6}[class]] = 0.7 + 0.3*rng.Float32()
		}
		im.X, im.Labels = append(im.X, x...), append(im.Labels, uint8(class))
	}
	return im
}

func settings(a ssl.Algorithm, p model.Precision) ssl.Settings {
	return ssl.Settings{
		Algorithm: a, Pixels: 36, Hidden: []int{24}, Representation: 10, Head: []int{12}, Projection: 8, Labels: 6, Batch: 16,
		Temperature: 0.2, Epsilon: 0.1, TeacherTau: 0.1, TeacherMomentum: 0.95, CentreMomentum: 0.9,
		Precision: p,
	}
}

// adam is Adam at this rate.
func adam(rate float64) solver.Settings { return solver.Settings{Algorithm: solver.Adam, Rate: rate} }

func newRunner(t *testing.T, c Config, s ssl.Settings) *Runner {
	c.Solver = adam(0.005)
	c.Views = ssl.Augmentation{Shift: 0.5, Noise: 0.1, Erase: 0.2}
	r, err := New(c, func() (*ssl.Model, error) { return ssl.New(s) }, []*Images{pictures(120, 1)}, pictures(60, 2))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

func run(t *testing.T, r *Runner) (all []*Observation) {
	require.NoError(t, r.Run(context.Background(), func(o *Observation) error {
		all = append(all, o)
		return nil
	}))
	return all
}

var algorithms = []ssl.Algorithm{ssl.SimCLR, ssl.SwAV, ssl.DINO}

// Every cycle of a real run obeys the books: the first law, W - dF against the graph's own losses (1e-9 in float64,
// 1e-4 in float32; what was found is far below), efficiency at most 1, and the identity of the generalised Gibbs
// ensemble.
func TestBooksOfRealRuns(t *testing.T) {
	for _, a := range algorithms {
		for _, p := range []model.Precision{model.Float32, model.Float64} {
			r := newRunner(t, Config{Seed: 1, Replicas: 2, Observe: []int{0, 5, 40}}, settings(a, p))
			all := run(t, r)
			require.Len(t, all, 3)
			for _, c := range Books(all) {
				if c.Name != "learning" {
					assert.Equal(t, record.Pass, c.Verdict, "%s: %s: %s", a, c.Name, c.Figure)
				}
			}
			last := all[2]
			assert.Equal(t, 35, last.Cycles)
			tolerance := 1e-11
			if p == model.Float32 {
				tolerance = 2e-6
			}
			for i, w := range last.Worst {
				assert.Equal(t, 40, w.Steps)
				assert.Less(t, w.FirstLaw, 1e-12)
				assert.Less(t, w.Loss, tolerance)
				assert.Less(t, w.Efficiency, 1.0)
				assert.Greater(t, w.Efficiency, 0.0)
				assert.Positive(t, last.Total[i].Extracted(), "40 steps extract work")
				if a != ssl.SimCLR {
					assert.Less(t, w.Residual, 1e-11)
					assert.Positive(t, last.Probe[i])
				}
			}
			event := last.Event(r.Declarations())
			require.Len(t, event.Readings, len(r.Declarations()))
			require.Len(t, all[0].Event(r.Declarations()).Readings, len(r.Declarations()))
			at := func(name string) estimate.Estimate {
				e, ok := event.Of(name)
				require.True(t, ok, name)
				return e
			}
			assert.Equal(t, 40, event.Step)
			assert.InDelta(t, (last.Mean[0].Work+last.Mean[1].Work)/2, at("cycle_work").Value, 1e-15)
			assert.InDelta(t, math.Abs(last.Mean[0].Work-last.Mean[1].Work)/2, at("cycle_work").SE, 1e-15)
			assert.InDelta(t, at("sum_delta_f").Value-at("sum_work").Value, at("sum_extracted").Value, 1e-12)
			assert.InDelta(t, (last.Probe[0]+last.Probe[1])/2, at("probe").Value, 1e-15)
			assert.InDelta(t, at("probe").Value-at("probe_random").Value, at("probe_gain").Value, 1e-15)
			assert.Equal(t, last.Accuracies().Gain, at("probe_gain"), "the books and the record have one interval")
			assert.Equal(t, all[0].Probe, last.RandomProbe)
			assert.InDelta(t, at("occupation_entropy").Value-at("label_entropy").Value, at("sample_information").Value, 1e-14)
			assert.Positive(t, at("sample_information").Value)
			if a == ssl.SimCLR {
				_, measured := event.Of("mi")
				assert.False(t, measured)
				continue
			}
			lambda := [][]float64{last.Ensemble[0].Lambda, last.Ensemble[1].Lambda}
			assert.InDelta(t, (slices.Max(lambda[0])+slices.Max(lambda[1]))/2, at("lambda_5").Value, 1e-14)
			assert.InDelta(t, (slices.Min(lambda[0])+slices.Min(lambda[1]))/2, at("lambda_0").Value, 1e-14)
			total := 0
			for _, n := range last.Table[0].N {
				total += n
			}
			assert.Equal(t, 120/16*16, total, "each image once, by one view")
			mi := slices.IndexFunc(r.Declarations(), func(i record.Info) bool { return i.Name == "mi" })
			assert.InDelta(t, math.Log(3), r.Declarations()[mi].Ceiling, 1e-12)
		}
	}
}

// One seed, one answer: at any number of workers, and after saving, restoring and going on.
func TestRunsAreDeterministic(t *testing.T) {
	for _, a := range algorithms {
		c := Config{Seed: 3, Replicas: 3, Observe: []int{0, 4, 9}}
		var rows [][][]float64
		var all []*Observation
		for _, workers := range []int{1, 3} {
			c.Workers = workers
			all = run(t, newRunner(t, c, settings(a, model.Float32)))
			rows = append(rows, values(all))
		}
		requireSame(t, rows[0], rows[1])
		var kept []*Observation
		reload(t, all, &kept)
		requireSame(t, rows[0], values(kept))
		assert.Equal(t, Books(all), Books(kept))

		stop := errors.New("stop")
		r := newRunner(t, c, settings(a, model.Float32))
		require.ErrorIs(t, r.Run(context.Background(), func(o *Observation) error {
			if o.Step == 4 {
				return stop
			}
			return nil
		}), stop)
		var saved ensemble.Saved
		reload(t, r.Saved(), &saved)
		c.Workers = 2
		on := newRunner(t, c, settings(a, model.Float32))
		require.NoError(t, on.Restore(saved))
		rest := run(t, on)
		require.Len(t, rest, 2, "the observation that was not taken is made again")
		requireSame(t, rows[0][1:], values(rest))

		c.Seed = 4
		other := run(t, newRunner(t, c, settings(a, model.Float32)))
		assert.NotEqual(t, rows[0][2][2], values(other)[2][2], "another seed")
	}
}

// values are all numbers of the observations.
func values(observations []*Observation) (rows [][]float64) {
	for _, o := range observations {
		row := []float64{float64(o.Step), float64(o.Cycles)}
		for _, q := range quantitiesOf(o.Labels, o.Inferred) {
			e := q.of(o)
			row = append(row, e.Value, e.SE, e.Lo, e.Hi)
		}
		rows = append(rows, row)
	}
	return rows
}

// reload saves from and reads it into what to points to.
func reload(t *testing.T, from, to any) {
	var file bytes.Buffer
	require.NoError(t, gob.NewEncoder(&file).Encode(from))
	require.NoError(t, gob.NewDecoder(&file).Decode(to))
}

// requireSame compares rows bit for bit, NaN equal to NaN.
func requireSame(t *testing.T, want, got [][]float64) {
	require.Equal(t, len(want), len(got))
	for i := range want {
		require.Equal(t, len(want[i]), len(got[i]))
		for j := range want[i] {
			require.Equal(t, math.Float64bits(want[i][j]), math.Float64bits(got[i][j]), "row %d, column %d", i, j)
		}
	}
}

// A teacher that neither centres nor sharpens collapses, and the run says so; the same network with both does not.
func TestCollapseIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("600 steps")
	}
	for _, spoil := range []bool{false, true} {
		s := settings(ssl.DINO, model.Float32)
		s.Batch, s.TeacherTau = 32, 0.06
		s.NoCentring, s.NoSharpening = spoil, spoil
		all := run(t, newRunner(t, Config{Seed: 5, Replicas: 2, Observe: []int{0, 300}}, s))
		account := newAccount(all, nil)
		n, words := all[1].Collapsed()
		if !spoil {
			assert.Zero(t, n, words)
			assert.Contains(t, words, "not collapsed")
			continue
		}
		assert.Equal(t, 2, n, words)
		require.NotEmpty(t, account.Warnings)
		assert.Contains(t, account.Warnings[0].String(), "at step 300: 2 of 2 replicas: collapsed")
		for _, c := range Books(all)[:4] {
			assert.Equal(t, record.Pass, c.Verdict, "a collapse breaks no law: %s", c.Name)
		}
	}
}

// Books fail on what they forbid, and leave open what was never seen.
func TestBooksFail(t *testing.T) {
	verdict := func(w Worst, gain []float64) map[string]record.Verdict {
		o := &Observation{
			Step: 9, Float64: true, Worst: []Worst{w, w},
			Probe: gain, RandomProbe: []float64{0, 0}, Neighbours: gain, RandomNeighbours: gain,
			Table: []*information.Counts{{Columns: 2, N: make([]int, 4)}, nil},
			Mean:  make([]thermo.Cycle, 2), Occupations: make([]thermo.Occupations, 2),
		}
		out := map[string]record.Verdict{}
		for _, c := range Books([]*Observation{o}) {
			out[c.Name] = c.Verdict
		}
		return out
	}
	good := Worst{Steps: 5, Efficiency: 0.4, Iterations: 7}
	for name, spoil := range map[string]func(w *Worst){
		"first law":                  func(w *Worst) { w.FirstLaw = 2e-9 },
		"W - dF = loss change":       func(w *Worst) { w.Loss = 2e-9 },
		"efficiency <= 1":            func(w *Worst) { w.Efficiency = 1.001 },
		"generalised Gibbs ensemble": func(w *Worst) { w.Residual = 2e-6 },
	} {
		w := good
		assert.Equal(t, record.Pass, verdict(w, []float64{0.1, 0.11})[name])
		spoil(&w)
		assert.Equal(t, record.Fail, verdict(w, []float64{0.1, 0.11})[name], name)
		assert.Equal(t, record.CannotTell, verdict(Worst{}, []float64{0.1, 0.11})[name])
	}
	w := good
	w.FirstLaw = math.NaN()
	assert.Equal(t, record.Fail, verdict(w, []float64{0.1, 0.11})["first law"])
	w = good
	w.Unconverged = 1
	assert.Equal(t, record.CannotTell, verdict(w, []float64{0.1, 0.11})["generalised Gibbs ensemble"])
	assert.Equal(t, record.Pass, verdict(good, []float64{0.1, 0.11})["learning"])
	assert.Equal(t, record.CannotTell, verdict(good, []float64{-0.1, 0.11})["learning"])
	assert.Equal(t, record.Fail, verdict(good, []float64{-0.1, -0.11})["learning"])
}

func TestRefusals(t *testing.T) {
	good := Config{Seed: 1, Replicas: 1, Observe: []int{0, 3}}
	factory := func() (*ssl.Model, error) { return ssl.New(settings(ssl.SimCLR, model.Float32)) }
	train, test := pictures(40, 1), pictures(20, 2)
	for name, try := range map[string]func() error{
		"replicas": func() error {
			c := good
			c.Replicas = 0
			_, err := New(c, factory, []*Images{train}, test)
			return err
		},
		"at 0": func() error {
			c := good
			c.Observe = []int{1, 3}
			_, err := New(c, factory, []*Images{train}, test)
			return err
		},
		"Erase": func() error {
			c := good
			c.Views.Erase = 2
			_, err := New(c, factory, []*Images{train}, test)
			return err
		},
		"ascend": func() error {
			c := good
			c.Observe = []int{0, 3, 3}
			_, err := New(c, factory, []*Images{train}, test)
			return err
		},
		"learning rate -1": func() error {
			c := good
			c.Solver.Rate = -1
			_, err := New(c, factory, []*Images{train}, test)
			return err
		},
		"labels": func() error {
			_, err := New(good, factory, []*Images{train}, &Images{X: test.X, Rows: 6, Cols: 6})
			return err
		},
		"pixels": func() error {
			twice := slices.Concat(test.Labels, test.Labels)
			_, err := New(good, factory, []*Images{train}, &Images{X: test.X, Rows: 2, Cols: 9, Labels: twice})
			return err
		},
		"larger": func() error { _, err := New(good, factory, []*Images{train.first(5)}, test); return err },
		"cannot res": func() error {
			r := newRunner(t, good, settings(ssl.SimCLR, model.Float32))
			return r.Restore(ensemble.Saved{})
		},
	} {
		assert.ErrorContains(t, try(), name)
	}
}

func TestCancelledRunKeepsTheLastObservation(t *testing.T) {
	r := newRunner(t, Config{Seed: 1, Replicas: 2, Observe: []int{0, 3, 1000000}}, settings(ssl.SwAV, model.Float32))
	ctx, cancel := context.WithCancel(context.Background())
	err := r.Run(ctx, func(o *Observation) error {
		if o.Step == 3 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	for _, replica := range r.Replicas() {
		assert.Equal(t, 3, replica.State.Steps)
	}
	done, total := r.Progress()
	assert.Less(t, done, total)
}

// A replica is advanced as a copy, so that an interrupted one is as it was.
func TestClonesShareNothing(t *testing.T) {
	r := newRunner(t, Config{Seed: 1, Replicas: 1, Observe: []int{0, 3}}, settings(ssl.DINO, model.Float32))
	run(t, r)
	original := r.Replicas()[0]
	encode := func() []byte {
		var b bytes.Buffer
		require.NoError(t, gob.NewEncoder(&b).Encode(original))
		return b.Bytes()
	}
	before := encode()
	c := original.Copy().(*Replica)
	w, err := r.NewWorker()
	require.NoError(t, err)
	require.NoError(t, w.Train(context.Background(), c, 6, func(int) {}))
	_, err = w.Measure(c, original)
	require.NoError(t, errors.Join(err, w.Close()))
	assert.Equal(t, before, encode())
	assert.Equal(t, 6, c.State.Steps)
	assert.Equal(t, 6, c.Solver.Steps)
}
