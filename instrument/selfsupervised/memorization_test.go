package selfsupervised

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
	"calorimeter/model"
	"calorimeter/model/ssl"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	views of an image by its place among those asked    TestLossOfAnImageIsItsOwn
//	the last image of a chunk left out                  TestLossOfAnImageIsItsOwn
//	replicas of all sets trained on the first           TestMemorizationIsOrderedAsTheTruth
//	losses of the first set's images taken for all      TestSetsAreTheUnits
//	means over replicas with D > 1                      TestSetsAreTheUnits
//	initial weights drawn without the training set      TestSetsAreTheUnits
//	losses of the first sets' images for those compared TestSomeSetsAreCompared

// noise draws pictures of 6 x 6 independent pixels, which have nothing in common to learn.
func noise(n int, seed uint64) *Images {
	rng := rand.New(rand.NewPCG(seed, 8))
	im := &Images{Rows: 6, Cols: 6}
	for range n {
		for range 36 {
			im.X = append(im.X, float32(rng.IntN(2)))
		}
		im.Labels = append(im.Labels, uint8(rng.IntN(3)))
	}
	return im
}

// onSets returns a runner on so many training sets of 16 pictures, with 100 held out.
func onSets(t *testing.T, sets int, c Config, s ssl.Settings) *Runner {
	c.Views = ssl.Augmentation{Noise: 0.1}
	c.Solver = cmp.Or(c.Solver, adam(0.005))
	all := noise(sets*16, 1)
	var parts []*Images
	for d := range sets {
		parts = append(parts, &Images{X: all.X[d*16*36 : (d+1)*16*36], Rows: 6, Cols: 6, Labels: all.Labels[d*16 : (d+1)*16]})
	}
	r, err := New(c, func() (*ssl.Model, error) { return ssl.New(s) }, parts, noise(100, 2))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

// TestMemorizationIsOrderedAsTheTruth trains encoders on pictures that have nothing in common: what they learn they
// know by heart. Those that hardly move hold nothing that could be seen.
func TestMemorizationIsOrderedAsTheTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("six runs")
	}
	observe := func(a ssl.Algorithm, rate float64, steps int) (
		last *Observation, nulls map[string]record.Null, found record.Finding,
	) {
		c := Config{Seed: 1, Replicas: 1, ViewPairs: 4, Observe: []int{0, steps}, Solver: adam(rate)}
		all := run(t, onSets(t, 6, c, settings(a, model.Float32)))
		last = all[1]
		nulls, _ = last.Nulls(t.Context(), 19, 1)
		found = newAccount(all, nulls).Findings[2]
		t.Logf("%s at rate %v: M-info %v, cmi %v, mem %v, loss %v, held out %v: %s", a, rate, last.MInfo, last.CMI,
			last.Mem, last.mean(last.TrainLoss), last.mean(last.TestLoss), found.Answer)
		return last, nulls, found
	}
	for _, a := range algorithms {
		still, nulls, found := observe(a, 1e-9, 2)
		require.LessOrEqual(t, still.MInfo.Value, nulls["m_info"].Hi)
		require.Equal(t, "Not told from chance", found.Answer)
		last, nulls, found := observe(a, 0.01, 150)
		require.Greater(t, last.MInfo.Value, nulls["m_info"].Hi)
		require.Greater(t, last.CMI.Value, nulls["cmi"].Hi)
		require.NotEqual(t, "Not told from chance", found.Answer)
		require.Positive(t, last.Mem.Lo)
		require.Greater(t, last.MInfo.Value, 3.0)
		require.Less(t, last.mean(last.TrainLoss).Value, last.mean(last.TestLoss).Value)
		require.Len(t, last.Memories, 6)
		require.Len(t, last.Memories[5], 16)
	}
}

// The loss of an image does not depend on what else is asked, nor on its place.
func TestLossOfAnImageIsItsOwn(t *testing.T) {
	for _, a := range algorithms {
		r := onSets(t, 3, Config{Seed: 1, Replicas: 1, Observe: []int{0, 3}}, settings(a, model.Float64))
		run(t, r)
		nw, err := r.NewWorker()
		require.NoError(t, err)
		w := nw.(*worker)
		j, err := w.model.NewJudge(r.Replicas()[0].State, r.exam.beside)
		require.NoError(t, err)
		order := rand.New(rand.NewPCG(1, 2)).Perm(100) // more than a batch
		all, err := w.losses(j, -1, r.test, order)
		require.NoError(t, err)
		for i, row := range order {
			one, err := w.losses(j, -1, r.test, []int{row})
			require.NoError(t, err)
			require.InDelta(t, one[0], all[i], 1e-12)
		}
		require.NoError(t, w.Close())
		assert.NotContains(t, r.exam.ghosts, 15, "a batch of the held-out images stands beside")
		assert.Len(t, r.exam.ghosts, 84)
	}
}

// With several training sets they are the units: a set's replicas are averaged first.
func TestSetsAreTheUnits(t *testing.T) {
	c := Config{Seed: 1, Replicas: 2, Examples: 5, Observe: []int{0, 2, 6}}
	r := onSets(t, 3, c, settings(ssl.SwAV, model.Float32))
	seen := map[float64]bool{}
	for _, replica := range r.Replicas() {
		seen[replica.State.Theta[0][0]] = true
	}
	require.Len(t, seen, 6, "every replica begins at weights of its own")
	all := run(t, r)
	require.Len(t, all[1].Told.Own[2], 5)
	last := all[2]
	require.Len(t, last.Told.Own[2], 16)
	var units []float64
	for d := range 3 {
		units = append(units, (last.Total[2*d].Work+last.Total[2*d+1].Work)/2)
		var sum float64
		for _, losses := range last.Told.Own[d] {
			sum += losses[2*d+1]
		}
		require.InDelta(t, sum/16, last.TrainLoss[2*d+1], 1e-12)
	}
	mean := (units[0] + units[1] + units[2]) / 3
	var squares float64
	for _, u := range units {
		squares += (u - mean) * (u - mean)
	}
	e, _ := last.Event(r.Declarations()).Of("sum_work")
	require.InDelta(t, mean, e.Value, 1e-12)
	require.InDelta(t, squares/6, e.SE*e.SE, 1e-12)
	for i := range r.Declarations() {
		if q := r.Declarations()[i]; q.Name == "cmi" {
			require.InDelta(t, 16*0.6931471805599453, q.Ceiling, 1e-12)
		}
	}
}

// Where training sets are missing the others are compared, by the losses of their own images and under their own
// numbers.
func TestSomeSetsAreCompared(t *testing.T) {
	c := Config{Seed: 1, Replicas: 2, Examples: 5, Observe: []int{0, 2, 6}}
	r := onSets(t, 4, c, settings(ssl.SwAV, model.Float32))
	var snapshots [][]any
	require.NoError(t, r.Shard(t.Context(), func(_ int, of []any) error {
		snapshots = append(snapshots, append(of[:2:2], of[4:]...))
		return nil
	}))
	all := run(t, onSets(t, 4, c, settings(ssl.SwAV, model.Float32)))
	c.Compare, c.Train = []int{0, 2, 3}, []int{0}
	some := onSets(t, 4, c, settings(ssl.SwAV, model.Float32))
	for n, step := range c.Observe {
		o, err := some.Observe(t.Context(), nil, step, snapshots[n])
		require.NoError(t, err)
		have, want := o.(*Observation), all[n]
		pick := func(values []float64) []float64 { return append(values[:2:2], values[4:]...) }
		require.Equal(t, 3, have.Sets)
		require.InDeltaSlice(t, pick(want.TrainLoss), have.TrainLoss, 1e-12)
		require.Equal(t, pick(want.TestLoss), have.TestLoss)
		require.Equal(t, pick(want.Probe), have.Probe)
	}
	for i, s := range []int{0, 1, 4, 5, 6, 7} {
		require.NoError(t, some.CheckState(i, r.Replicas()[s], 6, 6))
	}
	require.ErrorContains(t, some.CheckState(2, r.Replicas()[2], 6, 6), "it is of replica 0 of training set 1")
	_, err := some.Observe(t.Context(), nil, 6, snapshots[2][1:])
	require.ErrorContains(t, err, "place 0 is of training set 0, replica 1")
}

// What the tables of some replicas warn of is said of their mean, each kind once, whichever replicas they are. Labels
// of 8 images tell of the class what 8 images can, and no less than nothing.
func TestMeanOfTablesKeepsTheirWarnings(t *testing.T) {
	table := func(pairs ...int) *information.Counts {
		c := &information.Counts{Columns: 10, N: make([]int, 3000)}
		for i, label := range pairs {
			c.N[label*10+i*7%10]++
		}
		return c
	}
	apart := []int{4, 299, 17, 120, 43, 211, 8, 260}
	few, alone := table(apart...), table(0, 0, 0, 0)
	o := Observation{Step: 1, Cycles: 1, Sets: 2, PerSet: 2}
	o.Table = []*information.Counts{few, few, alone, few}
	mi, ceiling := o.ClassInformation()
	require.True(t, 0 <= mi.Value && mi.Value <= ceiling, "%v of %v", mi, ceiling)
	one := few.Information().Corrected
	require.LessOrEqual(t, mi.Lo, 0.75*one.Lo, "four biased tables tell no more than one")
	require.GreaterOrEqual(t, mi.Hi, 0.75*one.Hi)
	require.Len(t, mi.Warnings, 3)
	require.Contains(t, mi.Warnings[0], "8 pairs on 8 seen cells are too few")
	require.Contains(t, mi.Warnings[1], "ceiling")
	require.Contains(t, mi.Warnings[2], "a single value")
	o.Table[3] = table()
	mi, _ = o.ClassInformation()
	require.False(t, mi.Known())
	require.Contains(t, mi.Warnings, "0 pairs tell nothing of the mutual information")
}

// One training set has no memorization to speak of, and says why; nor has one without held-out images to spare.
func TestTooFewSetsOrGhosts(t *testing.T) {
	for sets, why := range map[int]string{1: "fewer than 3 training sets", 2: "fewer than 3 training sets"} {
		r := onSets(t, sets, Config{Seed: 1, Replicas: 2, Observe: []int{0, 2}}, settings(ssl.DINO, model.Float32))
		all := run(t, r)
		require.False(t, all[1].MInfo.Known())
		require.Contains(t, all[1].MInfo.Warnings[0], why)
		none, err := all[1].Nulls(t.Context(), 3, 1)
		require.NoError(t, err)
		require.Empty(t, none)
		f := newAccount(all, nil).Findings[2]
		require.Equal(t, "Cannot tell", f.Answer)
		require.Contains(t, f.Because, why)
		require.Equal(t, sets == 2, all[1].Mem.Known())
		require.Len(t, newAccount(all, nil).Books, len(Books(all)))
	}
}

// One seed, one answer on several training sets too: at any number of workers, and after saving and going on.
func TestSetsAreDeterministic(t *testing.T) {
	for _, a := range algorithms {
		c := Config{Seed: 3, Replicas: 2, Observe: []int{0, 4, 9}, Examples: 7, Workers: 1}
		s := settings(a, model.Float32)
		whole := onSets(t, 3, c, s)
		all := run(t, whole)
		null, err := all[2].Nulls(t.Context(), 3, 1)
		require.NoError(t, err)
		require.Contains(t, null, "m_info")

		stop := errors.New("stop")
		r := onSets(t, 3, c, s)
		require.ErrorIs(t, r.Run(context.Background(), func(o *Observation) error {
			if o.Step == 4 {
				return stop
			}
			return nil
		}), stop)
		var saved ensemble.Saved
		reload(t, r.Saved(), &saved)
		c.Workers = 3
		on := onSets(t, 3, c, s)
		require.NoError(t, on.Restore(saved))
		rest := run(t, on)
		requireSame(t, values(all)[1:], values(rest))
		again, err := rest[1].Nulls(t.Context(), 3, 1)
		require.NoError(t, err)
		require.Equal(t, null, again)
		require.Equal(t, all[2].Memories, rest[1].Memories)
		var kept []*Observation
		reload(t, all, &kept)
		requireSame(t, values(all), values(kept))
		require.Equal(t, all[2].Memories, kept[2].Memories)
		require.True(t, slices.ContainsFunc(values(all)[2], func(v float64) bool { return v == all[2].MInfo.Value }))
	}
}
