package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/model/internal/graph"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	loss without the label's logit               TestCrossEntropyOperation
//	+1 for -1 at the label in the gradient       TestCrossEntropyOperation
//	gradient without the row's weight            TestCrossEntropyOperation
//	largest logit not subtracted                 TestCrossEntropyIsStable
//	largest logit not added back                 TestClassifierProbabilitiesSumToOne
//	energy of the next label                     TestMLPAgainstPlainLoops
//	one row's logits for a whole batch           TestClassifierProbabilitiesSumToOne
//	median label instead of a drawn one          TestClassifierMoveByChiSquared
//	last label never drawn                       TestClassifierMoveByChiSquared
//	label written in the wrong place             TestClassifierMoveByChiSquared
//	Start keeps the held-out label               TestClassifierStart
//	Start never takes the last held-out row      TestClassifierStart
//	accuracy counts wrong labels                 TestClassifierAccuracy
//	labels that are not whole accepted           TestClassifierRejectsBadLabels
//	variance 1/fan-in or 2/fan-out               TestClassifierInit
//	ReLU after the last layer                    TestMLPAgainstPlainLoops

// classifiers returns small classifiers in float64, initialised, with biases away from 0.
func classifiers(t *testing.T, batch int) map[string]Classifier {
	out := map[string]Classifier{}
	for name, m := range models(t, batch) {
		if c, ok := m.(Classifier); ok {
			out[name] = c
		}
	}
	require.Len(t, out, 3)
	return out
}

// inputs returns rows with random inputs in [0,1] and labels in turn.
func inputs(m Classifier, rows int, rng *rand.Rand) []float32 {
	x := make([]float32, rows*m.Dim())
	for i := range x {
		x[i] = rng.Float32()
		if (i+1)%m.Dim() == 0 {
			x[i] = float32(i / m.Dim() % m.Labels())
		}
	}
	return x
}

// relabelled returns the row with every label in turn.
func relabelled(m Classifier, row []float32) []float32 {
	x := slices.Repeat(row, m.Labels())
	for y := range m.Labels() {
		x[(y+1)*m.Dim()-1] = float32(y)
	}
	return x
}

func probabilities(t *testing.T, m Classifier, row []float32) []float64 {
	p := make([]float64, m.Labels())
	require.NoError(t, m.Energies(p, relabelled(m, row)))
	for y, phi := range p {
		p[y] = math.Exp(-phi)
	}
	return p
}

func TestClassifierProbabilitiesSumToOne(t *testing.T) {
	for name, m := range classifiers(t, 2) {
		rng := rand.New(rand.NewPCG(3, 4))
		for range 9 { // more than two batches of evaluation
			var sum float64
			for _, v := range probabilities(t, m, inputs(m, 1, rng)) {
				sum += v
			}
			require.InDelta(t, 1, sum, 1e-12, name)
		}
		lnZ, known := m.LogZ()
		require.True(t, known && lnZ == 0)
	}
}

// logits of any size: the loss is the gap to the largest one.
func TestCrossEntropyIsStable(t *testing.T) {
	d := make([]float32, 3)
	crossEntropyGradRows(d, [][]float32{{1000, -1000, 1000}, {2}, {0}, {2}}, []float64{1000 + math.Ln2})
	require.Equal(t, []float32{1, 0, -1}, d)
}

// The operation alone, in both precisions: values from their definition, gradient of a weighted sum by central
// differences, and no input changed.
func TestCrossEntropyOperation(t *testing.T) {
	logits, labels := []float64{0.3, -1.2, 2, 0.7, 0.1, -0.4}, []float64{2, 0}
	weights := []float64{0.5, -3}
	loss := func(l []float64) (sum float64) {
		for i, w := range weights {
			var z float64
			for _, v := range l[3*i : 3*i+3] {
				z += math.Exp(v)
			}
			sum += w * -math.Log(math.Exp(l[3*i+int(labels[i])])/z)
		}
		return sum
	}
	for _, p := range []Precision{Float32, Float64} {
		g := G.NewGraph()
		constant := func(name string, v []float64, shape ...int) *G.Node {
			d := p.zeros(shape...)
			fill(d, func(i int) float64 { return v[i] })
			return node(g, name, d)
		}
		l, y := constant("l", logits, 2, 3), constant("y", labels, 2, 1)
		w := constant("w", weights, 1, 2)
		out := G.Must(G.Sum(G.Must(G.Mul(w, crossEntropy(l, y)))))
		program, err := compile(l, out, G.Nodes{l})
		require.NoError(t, err)
		require.NoError(t, program.Run())
		require.InDelta(t, loss(logits), graph.Scalar(program.output), 1e-6)
		grad, err := l.Grad()
		require.NoError(t, err)
		for i := range logits {
			const h = 1e-5
			up, down := slices.Clone(logits), slices.Clone(logits)
			up[i] += h
			down[i] -= h
			require.InDelta(t, (loss(up)-loss(down))/(2*h), at(grad.(*tensor.Dense), i), []float64{1e-6, 1e-9}[p])
			require.Equal(t, p.round(logits[i]), at(l.Value().(*tensor.Dense), i))
		}
		require.Equal(t, []float64{2, 0}, []float64{at(y.Value().(*tensor.Dense), 0), at(y.Value().(*tensor.Dense), 1)})
		require.NoError(t, program.Close())
	}
}

func (p Precision) round(v float64) float64 {
	if p == Float32 {
		return float64(float32(v))
	}
	return v
}

// Move redraws labels alone, independently of the label before, with the probabilities of the softmax.
func TestClassifierMoveByChiSquared(t *testing.T) {
	const n = 8000
	for name, m := range classifiers(t, 2) {
		rng := rand.New(rand.NewPCG(7, 8))
		row := inputs(m, 1, rng)
		p := probabilities(t, m, row)
		x := slices.Repeat(row, n)
		require.NoError(t, m.Move(x, rng))
		counts := make([]float64, m.Labels())
		repeats := 0.0 // of neighbours: independent draws agree with probability sum p^2
		for i := range n {
			r := x[i*m.Dim() : (i+1)*m.Dim()]
			require.True(t, slices.Equal(row[:m.Dim()-1], r[:m.Dim()-1]), "the inputs changed")
			counts[int(r[m.Dim()-1])]++
			if i > 0 && r[m.Dim()-1] == x[i*m.Dim()-1] {
				repeats++
			}
		}
		var chi2, agree float64
		for y, c := range counts {
			chi2 += (c - n*p[y]) * (c - n*p[y]) / (n * p[y])
			agree += p[y] * p[y]
		}
		pValue := distuv.ChiSquared{K: float64(m.Labels() - 1)}.Survival(chi2)
		t.Logf("%s: p(y|u) = %.3f, chi2 %.1f, p = %.3f", name, p, chi2, pValue)
		require.Greater(t, pValue, 1e-3)
		require.Less(t, math.Abs(repeats/(n-1)-agree)/math.Sqrt(agree*(1-agree)/n), 5.0)
		require.True(t, m.Kernel().Exact)
	}
}

// Chains start at the inputs of held-out rows, all of them alike likely, and at labels of the model.
func TestClassifierStart(t *testing.T) {
	const held, n = 5, 5000
	for name, m := range classifiers(t, 2) {
		rng := rand.New(rand.NewPCG(9, 10))
		heldOut := inputs(m, held, rng)
		before := slices.Clone(heldOut)
		for i := range held { // labels that Start must not use, nor mind
			heldOut[(i+1)*m.Dim()-1] = 99
		}
		x := make([]float32, n*m.Dim())
		require.NoError(t, m.(Starter).Start(x, heldOut, rng))
		chosen, labels := make([]float64, held), make([]float64, m.Labels())
		want := make([]float64, m.Labels())
		for i := range n {
			row := x[i*m.Dim() : (i+1)*m.Dim()]
			e := -1
			for k := range held {
				if slices.Equal(before[k*m.Dim():(k+1)*m.Dim()-1], row[:m.Dim()-1]) {
					e = k
				}
			}
			require.GreaterOrEqual(t, e, 0, "%s: inputs that are not held out", name)
			chosen[e]++
			labels[int(row[m.Dim()-1])]++
		}
		var chi2 float64
		for e, c := range chosen {
			chi2 += (c - n/held) * (c - n/held) / (n / held)
			for y, p := range probabilities(t, m, before[e*m.Dim():(e+1)*m.Dim()]) {
				want[y] += c * p
			}
		}
		require.Greater(t, distuv.ChiSquared{K: held - 1}.Survival(chi2), 1e-3, "%s: %v", name, chosen)
		chi2 = 0
		for y, c := range labels {
			chi2 += (c - want[y]) * (c - want[y]) / want[y]
		}
		require.Greater(t, distuv.ChiSquared{K: float64(m.Labels() - 1)}.Survival(chi2), 1e-3, "%s: %v", name, labels)
		require.ErrorContains(t, m.(Starter).Start(x, nil, rng), "held-out")
	}
}

func TestClassifierAccuracy(t *testing.T) {
	for name, m := range classifiers(t, 2) {
		const rows = 11
		x := inputs(m, rows, rand.New(rand.NewPCG(11, 12)))
		want := 0
		for i := range rows {
			p := probabilities(t, m, x[i*m.Dim():(i+1)*m.Dim()])
			if i%2 == 0 { // make about half of the labels right
				x[(i+1)*m.Dim()-1] = float32(slices.Index(p, slices.Max(p)))
			}
			if p[int(x[(i+1)*m.Dim()-1])] == slices.Max(p) {
				want++
			}
		}
		require.Less(t, want, rows)
		got, err := m.Accuracy(x)
		require.NoError(t, err)
		require.InDelta(t, float64(want)/rows, got, 1e-12, name)
		_, err = m.Accuracy(nil)
		require.ErrorContains(t, err, "no rows")
	}
}

func TestClassifierRejectsBadLabels(t *testing.T) {
	for name, m := range classifiers(t, 2) {
		for _, bad := range []float32{-1, 0.5, float32(m.Labels()), float32(math.NaN()), float32(math.Inf(1))} {
			x := inputs(m, 2, rand.New(rand.NewPCG(1, 1)))
			x[2*m.Dim()-1] = bad
			want := fmt.Sprintf("row 1 has the label %v, its last value; labels are whole numbers 0 to %d", bad, m.Labels()-1)
			_, err := m.Loss(x)
			require.ErrorContains(t, err, want, name)
			require.ErrorContains(t, m.Energies(make([]float64, 2), x), want)
			_, err = m.Accuracy(x)
			require.ErrorContains(t, err, want)
			require.NoError(t, m.Move(x, rand.New(rand.NewPCG(1, 1))), "a label about to be redrawn does not matter")
		}
		require.Panics(t, func() { m.Loss(make([]float32, 3*m.Dim())) })
		require.Panics(t, func() { m.Energies(make([]float64, 1), make([]float32, 2*m.Dim())) })
		require.Panics(t, func() { m.Move(make([]float32, m.Dim()+1), nil) })
	}
}

func TestClassifierSaysThatItDiverged(t *testing.T) {
	for name, m := range classifiers(t, 2) {
		m.Params()[len(m.Params())-1].Value().(*tensor.Dense).Float64s()[1] = math.NaN()
		x := inputs(m, 2, rand.New(rand.NewPCG(1, 1)))
		require.ErrorContains(t, m.Move(x, rand.New(rand.NewPCG(1, 1))), "diverged", name)
		_, err := m.Accuracy(x)
		require.ErrorContains(t, err, "diverged", name)
		loss, err := m.Loss(x)
		require.True(t, err == nil && math.IsNaN(loss))
	}
}

// One seed, one answer: initial weights, training and draws, bit for bit; and what is left from before does not show.
func TestClassifierIsDeterministic(t *testing.T) {
	run := func(m Classifier) (out []float64) {
		rng := rand.New(rand.NewPCG(5, 6))
		m.Init(rng)
		x := inputs(m, 4, rng)
		for range 5 {
			out = append(out, Descend(t, m, x, 0.1))
			require.NoError(t, m.Move(x, rng))
			for _, v := range x {
				out = append(out, float64(v))
			}
		}
		return out
	}
	for name, build := range map[string]func() (Classifier, error){
		"mlp":  func() (Classifier, error) { return NewMLP(MLPSettings{Inputs: 9, Hidden: []int{20}, Batch: 4}) },
		"conv": func() (Classifier, error) { return NewConv(ConvSettings{Side: 14, Batch: 4}) },
	} {
		a, err := build()
		require.NoError(t, err)
		b, err := build()
		require.NoError(t, err)
		first := run(a)
		require.Equal(t, first, run(b), name)
		gradients(t, a) // cleared
		require.Equal(t, first, run(a), "%s: a second time", name)
	}
}

// He's initialisation: variance 2/fan-in, biases 0.
func TestClassifierInit(t *testing.T) {
	mlp, err := NewMLP(MLPSettings{Batch: 1})
	require.NoError(t, err)
	conv, err := NewConv(ConvSettings{Batch: 1, Channels: [2]int{40, 40}})
	require.NoError(t, err)
	for _, m := range []PPM{mlp, conv} {
		m.Init(rand.New(rand.NewPCG(1, 2)))
		for i, p := range m.Params() {
			w := p.Value().(*tensor.Dense)
			var squares float64
			n := w.Shape().TotalSize()
			for _, v := range doubles(w) {
				squares += v * v
			}
			if i%2 == 1 {
				require.Zero(t, squares)
				continue
			}
			z := (squares/float64(n)*float64(w.Shape()[0])/2 - 1) / math.Sqrt(2/float64(n))
			require.Less(t, math.Abs(z), 4.5, p.Name())
		}
	}
}
