package exec_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/model"
	"calorimeter/model/internal/graph"
	"calorimeter/model/ssl"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// tape is Gorgonia's machine for a pruned graph, reset after every run.
type tape struct{ G.VM }

func newTape(outputs, params G.Nodes) (G.VM, error) {
	g, roots := outputs[0].Graph(), slices.Clone(outputs)
	for _, p := range params {
		roots = append(roots, p.Deriv())
	}
	program, locations, err := G.CompileFunction(g, g.ExactSubgraphRoots(roots...).Inputs(), roots)
	if err != nil {
		return nil, err
	}
	opts := []G.VMOpt{G.WithPrecompiled(program, locations)}
	if params != nil {
		opts = append(opts, G.BindDualValues(params...))
	}
	return tape{G.NewTapeMachine(g, opts...)}, nil
}

func (t tape) RunAll() error {
	defer t.Reset()
	return t.VM.RunAll()
}

// onTape makes models on Gorgonia's machine.
func onTape(make func()) {
	own := graph.NewMachine
	defer func() { graph.NewMachine = own }()
	graph.NewMachine = newTape
	make()
}

// networks are all models that graphs are made for, small.
func networks(p model.Precision) map[string]func() (model.PPM, error) {
	ebm := model.EBMSettings{Dim: 64, Mean: 0.1, Sigma: 0.8, Hidden: []int{7, 5}, Batch: 6, EvalBatch: 4, Buffer: 20,
		Langevin: 2, Precision: p}
	conv := ebm
	conv.Net, conv.Hidden = "conv", []int{3, 4}
	all := map[string]func() (model.PPM, error){
		"made": func() (model.PPM, error) {
			return model.NewMADE(model.MADESettings{Dim: 20, Hidden: []int{9, 8}, Batch: 6, EvalBatch: 4, Precision: p})
		},
		"gaussian": func() (model.PPM, error) {
			return model.NewGaussian(model.GaussianSettings{Dim: 20, Sigma: 0.7, InitVar: 2, Batch: 6, EvalBatch: 4,
				Precision: p})
		},
		"mlp": func() (model.PPM, error) {
			return model.NewMLP(model.MLPSettings{Inputs: 30, Hidden: []int{7, 5}, Labels: 4, Batch: 6, EvalBatch: 4,
				Precision: p})
		},
		"conv": func() (model.PPM, error) {
			return model.NewConv(model.ConvSettings{Side: 14, Channels: [2]int{2, 3}, Hidden: 5, Labels: 3, Batch: 6,
				EvalBatch: 4, Precision: p})
		},
		"ebm":      func() (model.PPM, error) { return model.NewEBM(ebm) },
		"ebm conv": func() (model.PPM, error) { return model.NewEBM(conv) },
	}
	for name, g := range map[string]model.RBMGradient{
		"rbm": model.RBMPersistent, "rbm contrastive": model.RBMContrastive, "rbm exact": model.RBMExact,
	} {
		all[name] = func() (model.PPM, error) {
			return model.NewRBM(model.RBMSettings{Visible: 10, Hidden: 7, Gradient: g, Particles: 5, Batch: 6, EvalBatch: 4,
				Precision: p})
		}
	}
	return all
}

// train makes some steps of SGD, and returns losses, weights, energies and samples.
func train(t *testing.T, m model.PPM) (numbers []float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	m.Init(rng)
	x := make([]float32, 6*m.Dim())
	for i := range x {
		x[i] = float32(rng.IntN(2))
	}
	if c, ok := m.(model.ChainTrained); ok {
		training, err := c.NewTraining(x, rand.NewPCG(3, 4))
		require.NoError(t, err)
		c.Use(training)
	}
	solver := G.NewVanillaSolver(G.WithLearnRate(0.1))
	for range 5 {
		loss, err := m.Loss(x)
		require.NoError(t, err)
		require.NoError(t, solver.Step(G.NodesToValueGrads(m.Params())))
		numbers = append(numbers, loss)
	}
	for _, p := range m.Params() {
		numbers = append(numbers, floats(p.Value())...)
	}
	phi := make([]float64, 6)
	require.NoError(t, m.Energies(phi, x))
	require.NoError(t, m.Move(x, rng))
	require.NoError(t, m.Close())
	for _, v := range x {
		numbers = append(numbers, float64(v))
	}
	return append(numbers, phi...)
}

func floats(v G.Value) (out []float64) {
	if data, ok := v.(*tensor.Dense).Data().([]float64); ok {
		return data
	}
	for _, v := range v.(*tensor.Dense).Float32s() {
		out = append(out, float64(v))
	}
	return out
}

// Every model, trained on this machine and on Gorgonia's: the same bits.
func TestModels(t *testing.T) {
	for _, p := range []model.Precision{model.Float32, model.Float64} {
		for name, make := range networks(p) {
			t.Run(fmt.Sprint(name, " ", p.Dtype()), func(t *testing.T) {
				own, err := make()
				require.NoError(t, err)
				var theirs model.PPM
				onTape(func() { theirs, err = make() })
				require.NoError(t, err)
				require.Equal(t, train(t, theirs), train(t, own))
			})
		}
	}
}

func TestEncoders(t *testing.T) {
	for _, p := range []model.Precision{model.Float32, model.Float64} {
		for _, a := range []ssl.Algorithm{ssl.SimCLR, ssl.SwAV, ssl.DINO} {
			s := ssl.Settings{Algorithm: a, Pixels: 30, Hidden: []int{7}, Representation: 5, Head: []int{6}, Projection: 4,
				Labels: 5, Batch: 6, EncodeBatch: 4, Temperature: 0.2, Epsilon: 0.1, TeacherTau: 0.08, TeacherMomentum: 0.9,
				CentreMomentum: 0.8, Precision: p}
			t.Run(fmt.Sprint(a, " ", p.Dtype()), func(t *testing.T) {
				own, err := ssl.New(s)
				require.NoError(t, err)
				var theirs *ssl.Model
				onTape(func() { theirs, err = ssl.New(s) })
				require.NoError(t, err)
				require.Equal(t, encode(t, theirs), encode(t, own))
			})
		}
	}
}

// encode makes some steps, and returns energies, losses, weights, losses of single images and representations.
func encode(t *testing.T, m *ssl.Model) (numbers []float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	st := m.NewState(rng)
	views := make([]float32, m.Samples()*30)
	for i := range views {
		views[i] = rng.Float32()
	}
	solver := G.NewAdamSolver(G.WithLearnRate(0.01))
	for range 5 {
		step, err := m.Step(st, views, solver)
		require.NoError(t, err)
		numbers = append(append(numbers, step.Loss, step.LossAfter), step.After...)
	}
	for _, p := range st.Theta {
		numbers = append(numbers, p...)
	}
	judge, err := m.NewJudge(st, views)
	require.NoError(t, err)
	losses, code := make([]float64, 3), make([]float64, m.Samples()*5)
	require.NoError(t, judge.Losses(losses, views[:6*30]))
	require.NoError(t, m.Encode(st, code, views))
	require.NoError(t, m.Close())
	return slices.Concat(numbers, losses, code)
}
