package instrument

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/thermo"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate errors, made one at a time, and the tests that caught them:
//
//	energies after the update not evaluated anew       TestCycleOfAClassifier
//	energy of the wrong sign, or without tau           TestCycleOfAClassifier
//	targets asked for after the update                 TestCycleHoldsItsTargets
//	evaluated once for every quantity                  TestCycleEvaluatesOnceAStep
//	loss of one side for both                          TestCycleOfAClassifier
//	machine not reset                                  TestCycleOfAClassifier

// classifier is a softmax with one hidden layer on a batch of 8, four labels, at the temperature tau; forward and
// evaluate are machines of their own for the logits and the cost.
type classifier struct {
	*network
	logits            *G.Node
	targets           []float64
	forward, evaluate G.VM
}

func newClassifier(t testing.TB, dt tensor.Dtype, tau float64) *classifier {
	const batch, in, hidden, labels = 8, 6, 5, 4
	rng := rand.New(rand.NewPCG(11, 12))
	g := G.NewGraph()
	n := &classifier{network: &network{}}
	param := func(name string, shape ...int) *G.Node {
		p := G.NewMatrix(g, dt, G.WithShape(shape...), G.WithName(name), G.WithValue(dense(dt, rng, 0.7, shape...)))
		n.params = append(n.params, p)
		return p
	}
	constant := func(name string, v *tensor.Dense) *G.Node {
		return G.NewMatrix(g, dt, G.WithShape(v.Shape()...), G.WithName(name), G.WithValue(v))
	}
	label := tensor.New(tensor.WithShape(batch, labels), tensor.Of(dt))
	for i := range batch {
		for k := range labels {
			q := 0.0
			if k == i%labels {
				q = 1
			}
			if i == 5 { // one soft target
				q = 0.25
			}
			n.targets = append(n.targets, q)
			require.NoError(t, label.SetAt(scalarValue(dt, q), i, k))
		}
	}
	x, y := constant("x", dense(dt, rng, 1, batch, in)), constant("q", label)
	h := G.Must(G.Mul(x, param("w0", in, hidden)))
	h = G.Must(G.Tanh(G.Must(G.BroadcastAdd(h, param("b0", 1, hidden), nil, []byte{0}))))
	n.logits = G.Must(G.Mul(h, param("w1", hidden, labels)))
	scale := G.NewConstant(scalarValue(dt, 1/tau), G.WithName("beta"))
	z := G.Must(G.HadamardProd(n.logits, scale))
	lnZ := G.Must(G.Log(G.Must(G.Sum(G.Must(G.Exp(z)), 1))))
	n.cost = G.Must(G.Sub(
		G.Must(G.Mean(lnZ)),
		G.Must(G.Mul(
			G.Must(G.Mean(G.Must(G.HadamardProd(y, z)))),
			G.NewConstant(scalarValue(dt, labels), G.WithName("K")),
		)),
	))
	n.compile(t, G.Nodes{x, y})
	machine := func(output *G.Node, inputs ...*G.Node) G.VM {
		program, locations, err := G.CompileFunction(g, append(inputs, n.params...), G.Nodes{output})
		require.NoError(t, err)
		vm := G.NewTapeMachine(g, G.WithPrecompiled(program, locations))
		t.Cleanup(func() { vm.Close() })
		return vm
	}
	n.forward, n.evaluate = machine(n.logits, x), machine(n.cost, x, y)
	return n
}

func (n *classifier) settings(tau float64) CycleSettings {
	return CycleSettings{
		Samples: 8, Labels: 4,
		Energies: LogitEnergies(n.forward, n.logits, tau),
		Targets:  func(dst []float64) error { copy(dst, n.targets); return nil },
		Loss: func() (float64, error) {
			defer n.evaluate.Reset()
			if err := n.evaluate.RunAll(); err != nil {
				return 0, err
			}
			f32, f64, err := Floats(n.cost.Value())
			if len(f32) == 1 {
				return float64(f32[0]), err
			}
			return f64[0], err
		},
		Temperatures: true,
	}
}

// On every step of a run: the first law, W - dF against the change of the loss that Gorgonia computed, the efficiency,
// and a run that is the same to the bit as one that is not measured.
func TestCycleOfAClassifier(t *testing.T) {
	const steps, tau = 60, 0.8
	for dt, tolerance := range map[tensor.Dtype]float64{tensor.Float64: 1e-9, tensor.Float32: 1e-4} {
		t.Run(dt.String(), func(t *testing.T) {
			n, bare := newClassifier(t, dt, tau), newClassifier(t, dt, tau)
			rec := NewMemory()
			m := New(n.cost, rec)
			cycle := NewCycle(n.settings(tau))
			m.Track(Loss(), Every(1))
			for _, name := range CycleQuantities() {
				m.Track(cycle.Quantity(name), Every(1))
			}
			solver := m.Wrap(G.NewVanillaSolver(G.WithLearnRate(0.2)))
			n.train(t, solver, steps)
			require.NoError(t, m.Close())
			bare.train(t, G.NewVanillaSolver(G.WithLearnRate(0.2)), steps)
			assert.Equal(t, bare.weights(t), n.weights(t))

			read := func(name string) []float64 {
				_, readings := rec.Series(name)
				require.Len(t, readings, steps)
				var values []float64
				for _, r := range readings {
					require.True(t, r.Known(), "%s: %v", name, r.Warnings)
					values = append(values, r.Value)
				}
				return values
			}
			loss := read("loss")
			extracted, efficiency := read("cycle_extracted"), read("cycle_efficiency")
			kl, kl2 := read("cycle_kl_before"), read("cycle_kl_after")
			energyP, energyP2 := read("cycle_energy_p"), read("cycle_energy_p2")
			qIn, qOut := read("cycle_q_in"), read("cycle_q_out")
			work, dF := read("cycle_work"), read("cycle_delta_f")
			for step := range steps {
				assert.Less(t, read("cycle_first_law")[step], 1e-12)
				assert.Less(t, read("cycle_demon")[step], 1e-12)
				assert.Less(t, read("cycle_loss_residual")[step], tolerance)
				assert.InDelta(t, energyP2[step]-energyP[step], qIn[step]+work[step]+qOut[step], 1e-9)
				assert.InDelta(t, dF[step]-work[step], extracted[step], 1e-12)
				assert.InDelta(t, kl[step]-kl2[step], extracted[step], 1e-9)
				assert.LessOrEqual(t, efficiency[step], 1.0)
				if step > 0 { // the batch is the same in every step: a cycle begins where the last one ended
					assert.InDelta(t, loss[step-1]-loss[step], extracted[step-1], tolerance)
					assert.InDelta(t, energyP2[step-1], energyP[step], tolerance)
					assert.InDelta(t, kl2[step-1], kl[step], tolerance)
				}
			}
			assert.InDelta(t, cycle.Ledger().Total.Extracted(), loss[0]-loss[steps-1]+extracted[steps-1], tolerance)
			assert.Greater(t, cycle.Ledger().Total.Extracted(), 0.5, "it learned")
			// Only sample 5 has an entropy, ln 4: the mean is that of one in eight.
			assert.InDelta(t, 1.3862943611198906/8, read("cycle_entropy_q")[0], 1e-12)
			assert.Less(t, read("cycle_tau_q")[0], 1.0)
		})
	}
}

func TestCycleNames(t *testing.T) {
	names := CycleQuantities()
	assert.Equal(t, append(thermo.CycleNames(), "first_law", "demon", "loss_residual"), names)
	cycle := NewCycle(newClassifier(t, tensor.Float64, 1).settings(1))
	for _, name := range names {
		info := cycle.Quantity(name).Info()
		assert.Equal(t, "cycle_"+name, info.Name)
		assert.Regexp(t, validName, info.Name)
		assert.True(t, info.Symbol != "" && info.Unit != "" && info.Doc != "" && info.Cost != "" && info.Ref != "")
	}
	assert.PanicsWithValue(t, fmt.Sprintf("instrument: a cycle has no quantity %q; it has %v", "heat", names),
		func() { cycle.Quantity("heat") })
	assert.Panics(t, func() { NewCycle(CycleSettings{Samples: 1, Labels: 2}) })
	assert.Panics(t, func() { LogitEnergies(nil, nil, 1) })
}

// fixed is a cycle without a network: two labels, energies that count the evaluations.
func fixed(targets func([]float64) error) (c *Cycle, evaluations *int) {
	evaluations = new(int)
	return NewCycle(CycleSettings{Samples: 1, Labels: 2, Targets: targets, Energies: func(dst []float64) error {
		dst[0], dst[1] = 0, float64(*evaluations)
		*evaluations++
		return nil
	}}), evaluations
}

func TestCycleEvaluatesOnceAStep(t *testing.T) {
	n, rec := newMLP(t, tensor.Float64, 6, 5, 3), NewMemory()
	c, evaluations := fixed(func(dst []float64) error { dst[0], dst[1] = 1, 0; return nil })
	m := New(n.cost, rec)
	m.Track(c.Quantity("work"), Every(1))
	m.Track(c.Quantity("energy_p2"), Every(2))
	m.Track(c.Quantity("loss_residual"), Every(1))
	m.Track(c.Quantity("tau_q"), Every(1))
	n.train(t, m.Wrap(NewSGD(0.01)), 4)
	assert.Equal(t, 8, *evaluations)
	assert.Equal(t, 4, c.Ledger().Steps)
	_, readings := rec.Series("cycle_loss_residual")
	assert.Contains(t, readings[0].Warnings[0], "no Loss")
	_, readings = rec.Series("cycle_tau_q")
	assert.Contains(t, readings[0].Warnings[0], "do not ask for Temperatures")

	m.Resume(3) // the step that was measured last comes again
	n.train(t, m.Wrap(NewSGD(0.01)), 1)
	assert.Equal(t, 10, *evaluations)
	assert.Equal(t, 5, c.Ledger().Steps)
	require.NoError(t, m.Close())
}

// Targets that change with the weights, as those of a teacher do, are taken before the update.
func TestCycleHoldsItsTargets(t *testing.T) {
	n := newMLP(t, tensor.Float64, 6, 5, 3)
	asked := 0
	c, evaluations := fixed(uniformTargets(&asked))
	m := New(n.cost, NewMemory())
	m.Track(c.Quantity("work"), Every(1))
	n.train(t, m.Wrap(solverFunc(func(model []G.ValueGrad) error {
		assert.Equal(t, 1, asked, "before the update")
		assert.Equal(t, 1, *evaluations)
		return NewSGD(0.01).Step(model)
	})), 1)
	assert.Equal(t, 1, asked)
	assert.Equal(t, 2, *evaluations)
}

func uniformTargets(asked *int) func([]float64) error {
	return func(dst []float64) error { *asked++; dst[0], dst[1] = 0.5, 0.5; return nil }
}

func TestCycleErrorsNameTheirSource(t *testing.T) {
	n := newMLP(t, tensor.Float64, 6, 5, 3)
	broken := errors.New("broken")
	works := func([]float64) error { return nil }
	fails := func([]float64) error { return broken }
	noLoss := func() (float64, error) { return 0, broken }
	for want, s := range map[string]CycleSettings{
		"instrument: step 0: cycle_work: targets: broken":                  {Targets: fails, Energies: works},
		"cycle_work: energies: broken":                                     {Targets: works, Energies: fails},
		"cycle_work: thermo: cycle 0: sample 0 of 1: the targets sum to 0": {Targets: works, Energies: works},
		"loss: broken": {Targets: works, Energies: works, Loss: noLoss},
	} {
		s.Samples, s.Labels = 1, 2
		m := New(n.cost, NewMemory())
		m.Track(NewCycle(s).Quantity("work"), Every(1))
		before := n.weights(t)
		err := n.step(t, m.Wrap(NewSGD(0.01)))
		assert.ErrorContains(t, err, want)
		assert.NotEqual(t, before, n.weights(t), "measuring must not change what is measured")
	}
	c := newClassifier(t, tensor.Float32, 1)
	assert.ErrorContains(t, LogitEnergies(c.forward, c.logits, 1)(make([]float64, 3)), "has 32 values of shape (8, 4)")
}
