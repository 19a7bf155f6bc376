package instrument_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
	"calorimeter/model"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate errors, and the tests that caught them:
//
//	work against the energies at the weights before last     TestSamplesAreThoseOfTheJob, TestSamplesOfAnOscillator
//	chains moved before the work was taken                    the same
//	F = +ln Z                                                 TestSamplesOfAnOscillator
//	heat of follow-ups dropped at an observation              TestSamplesOfAnOscillator (first_law)

// A loop of one's own and the built-in job measure the same work and heat, chain by chain and bit for bit, where
// network, seed and solver are the same.
func TestSamplesAreThoseOfTheJob(t *testing.T) {
	const dim, rows, chains, seed, rate = 12, 20, 16, 7, 0.2
	rng := rand.New(rand.NewPCG(1, 2))
	set := make([]float32, rows*dim)
	for i := range set {
		set[i] = float32(rng.IntN(2))
	}
	build := func() (model.PPM, error) {
		return model.NewMADE(model.MADESettings{Dim: dim, Hidden: []int{9}, Batch: rows})
	}
	steps := []int{0, 1, 5, 20}
	e, err := ensemble.New(ensemble.Config{Seed: seed, Replicas: 1, Chains: chains, Batch: rows, Rate: rate,
		Observe: steps}, build, [][]float32{set}, set)
	require.NoError(t, err)
	defer e.Close()
	var job []*ensemble.Observation
	require.NoError(t, e.Run(context.Background(), func(o *ensemble.Observation) error {
		job = append(job, o)
		return nil
	}))

	net, err := build()
	require.NoError(t, err)
	defer net.Close()
	net.Init(rand.New(instrument.Stream(seed, -1, -1, "init")))
	gas := instrument.NewSamples(instrument.SamplesSettings{
		Chains: chains, Dim: dim, Seed: seed, Energies: net.Energies, Move: net.Move, Exact: true,
	})
	memory := instrument.NewMemory()
	meter := instrument.New(nil, memory)
	for _, name := range instrument.SamplesQuantities() {
		meter.Track(gas.Quantity(name), instrument.At(steps...))
	}
	solver := meter.Wrap(gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(rate)))
	at := 0
	for step := range steps[len(steps)-1] + 1 {
		_, err := net.Loss(set)
		require.NoError(t, err)
		require.NoError(t, solver.Step(gorgonia.NodesToValueGrads(net.Params())))
		if step != steps[at] {
			continue
		}
		theirs, ours := job[at].Ledgers[0], gas.Ledger()
		assert.Equal(t, theirs.TotalWork, ours.TotalWork, "work at step %d", step)
		assert.Equal(t, theirs.TotalHeat, ours.TotalHeat, "heat at step %d", step)
		assert.Equal(t, job[at].Samples, gas.Chains())
		at++
	}
	_, work := memory.Last("work")
	assert.Equal(t, stat.Mean(job[3].Ledgers[0].TotalWork, nil), work.Value)
	_, residual := memory.Last("first_law")
	assert.Zero(t, residual.Value)
	_, average := memory.Last("ift")
	assert.InDelta(t, 1, average.Value, 0.5)
	checks := record.Expectations(memory)
	require.Len(t, checks, 1)
	assert.NotEqual(t, record.Fail, checks[0].Verdict, checks[0].Figure)
}

// oscillator is a network of one weight k with phi = k x^2/2 and ln Z = ln(2 pi/k)/2, pulled towards a stiffness.
type oscillator struct {
	k     *gorgonia.Node
	cost  *gorgonia.Node
	vm    gorgonia.VM
	moves float64 // autocorrelation of x from one move to the next
}

func newOscillator(t *testing.T, k, target, rho float64) *oscillator {
	g := gorgonia.NewGraph()
	o := &oscillator{moves: rho}
	o.k = gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("k"), gorgonia.WithValue(k))
	goal := gorgonia.NewConstant(target)
	o.cost = gorgonia.Must(gorgonia.Square(gorgonia.Must(gorgonia.Sub(o.k, goal))))
	_, err := gorgonia.Grad(o.cost, o.k)
	require.NoError(t, err)
	o.vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(o.k))
	t.Cleanup(func() { o.vm.Close() })
	return o
}

func (o *oscillator) stiffness() float64 { return float64(*o.k.Value().(*gorgonia.F64)) }

func (o *oscillator) energies(dst []float64, x []float32) error {
	for i, v := range x {
		dst[i] = o.stiffness() * float64(v) * float64(v) / 2
	}
	return nil
}

// move is an autoregressive step, which leaves N(0, 1/k) invariant.
func (o *oscillator) move(x []float32, rng *rand.Rand) error {
	sd := math.Sqrt((1 - o.moves*o.moves) / o.stiffness())
	for i, v := range x {
		x[i] = float32(o.moves*float64(v) + sd*rng.NormFloat64())
	}
	return nil
}

func (o *oscillator) logZ() (float64, error) { return math.Log(2*math.Pi/o.stiffness()) / 2, nil }

func (o *oscillator) train(t *testing.T, solver gorgonia.Solver, steps int) (k []float64) {
	for range steps {
		k = append(k, o.stiffness())
		require.NoError(t, o.vm.RunAll())
		require.NoError(t, solver.Step(gorgonia.NodesToValueGrads(gorgonia.Nodes{o.k})))
		o.vm.Reset()
	}
	return k
}

// Exact samples of an oscillator that is stiffened obey <w_n> = (k_n/k_{n-1} - 1)/2, dF = ln(k_n/k_0)/2 and S = ln(2 pi
// e/k)/2; correlated ones the fluctuation theorem, and the free energy of their work is the known one.
func TestSamplesOfAnOscillator(t *testing.T) {
	var z, zF []float64
	for seed := range uint64(20) {
		exact, slow := newOscillator(t, 1, 4, 0), newOscillator(t, 1, 4, 0.6)
		settings := func(o *oscillator) instrument.SamplesSettings {
			return instrument.SamplesSettings{Chains: 400, Dim: 1, Seed: seed, Energies: o.energies, Move: o.move,
				LogZ: o.logZ, BurnIn: 50, Moves: 2}
		}
		s := settings(exact)
		s.Exact, s.Moves = true, 1
		gas := instrument.NewSamples(s)
		known := instrument.NewSamples(settings(slow))
		s = settings(slow)
		s.LogZ, s.Unnormalised = nil, true
		own := instrument.NewSamples(s)
		read := func(o *oscillator, gas ...*instrument.Samples) (last []map[string]instrument.Reading, k []float64) {
			meters := gorgonia.Solver(gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.02)))
			var memories []interface {
				Last(name string) (int, instrument.Reading)
			}
			for _, g := range gas {
				m := instrument.NewMemory()
				meter := instrument.New(o.cost, m)
				for _, name := range instrument.SamplesQuantities() {
					meter.Track(g.Quantity(name), instrument.Every(4))
				}
				meters, memories = meter.Wrap(meters), append(memories, m)
			}
			k = o.train(t, meters, 41)
			for _, m := range memories {
				readings := map[string]instrument.Reading{}
				for _, name := range instrument.SamplesQuantities() {
					_, readings[name] = m.Last(name)
				}
				last = append(last, readings)
			}
			return last, k
		}
		r, k := read(exact, gas)
		var work float64
		for n := 4; n < len(k); n += 4 {
			work += (k[n]/k[n-4] - 1) / 2
		}
		end := k[40]
		z = append(z, r[0]["work"].Z(work))
		assert.InDelta(t, math.Log(end)/2, r[0]["delta_f"].Value, 1e-12)
		assert.InDelta(t, math.Log(2*math.Pi*math.E/end)/2, r[0]["s_x_given_theta"].Value, 0.15)
		assert.Less(t, r[0]["first_law"].Value, 1e-12)
		r, _ = read(slow, known, own)
		assert.InDelta(t, 1, r[0]["ift"].Value, 4*r[0]["ift"].StatedSE())
		assert.InDelta(t, 4, r[0]["autocorrelation"].Value, 4)
		zF = append(zF, r[1]["delta_f"].Z(math.Log(end)/2))
		assert.False(t, r[1]["s_x_given_theta"].Known())
		assert.False(t, r[1]["ift"].Known())
		assert.Less(t, r[1]["first_law"].Value, 1e-12)
	}
	for name, values := range map[string][]float64{"work": z, "free energy of work": zF} {
		mean, sd := stat.MeanStdDev(values, nil)
		t.Logf("%s: mean z %.2f, sd %.2f", name, mean, sd)
		assert.Less(t, math.Abs(mean), 3/math.Sqrt(20), name)
		assert.InDelta(t, 1, sd, 0.5, name)
	}
}

// A kernel that does not leave the distribution invariant is found out by the fluctuation average; energies that are
// not numbers are an error that names the step and the sample.
func TestSamplesOfBadNetworks(t *testing.T) {
	o := newOscillator(t, 1, 4, 0)
	wrong := func(x []float32, rng *rand.Rand) error { // of the variance 1, whatever k is
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		return nil
	}
	gas := instrument.NewSamples(instrument.SamplesSettings{Chains: 2000, Dim: 1, Seed: 1, Energies: o.energies,
		Move: wrong, LogZ: o.logZ, Exact: true})
	memory := instrument.NewMemory()
	meter := instrument.New(o.cost, memory)
	meter.Track(gas.Quantity("ift"), instrument.Every(10))
	o.train(t, meter.Wrap(gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.02))), 21)
	_, average := memory.Last("ift")
	assert.Greater(t, math.Abs(average.Value-1)/average.StatedSE(), 4.0, "%v", average)
	checks := record.Expectations(memory)
	require.Len(t, checks, 1)
	assert.Equal(t, record.Fail, checks[0].Verdict, checks[0].Figure)
	assert.Contains(t, checks[0].Columns, "heat", "what rests on the samples is not to be trusted")

	for want, broken := range map[string]func(s *instrument.SamplesSettings){
		"work: energies: that of row 1 of 3 is NaN": func(s *instrument.SamplesSettings) {
			s.Energies = func(dst []float64, _ []float32) error {
				copy(dst, []float64{0, math.NaN(), 0})
				return nil
			}
		},
		"work: move: no machine": func(s *instrument.SamplesSettings) {
			s.Move = func([]float32, *rand.Rand) error { return errors.New("no machine") }
		},
		"work: ln Z is +Inf": func(s *instrument.SamplesSettings) {
			s.LogZ = func() (float64, error) { return math.Inf(1), nil }
		},
	} {
		o := newOscillator(t, 1, 4, 0)
		s := instrument.SamplesSettings{Chains: 3, Dim: 1, Energies: o.energies, Move: o.move, Exact: true}
		broken(&s)
		meter := instrument.New(o.cost, instrument.NewMemory())
		meter.Track(instrument.NewSamples(s).Quantity("work"), instrument.Every(1))
		require.NoError(t, o.vm.RunAll())
		err := meter.Wrap(gorgonia.NewVanillaSolver()).Step(gorgonia.NodesToValueGrads(gorgonia.Nodes{o.k}))
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "step 0")
	}
	assert.PanicsWithValue(t, "instrument: NewSamples: 0 chains of 1 numbers: give at least 1 and 1, Energies, and Move",
		func() { instrument.NewSamples(instrument.SamplesSettings{Dim: 1}) })
}
