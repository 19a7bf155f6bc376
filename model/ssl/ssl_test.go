package ssl

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/model"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	gradient of the loss not divided by n                    TestGradients, TestOperations
//	labels that do not sum to 1 taken as if they did         TestOperations
//	unit rows: radial part added, or 1/|x| forgotten         TestGradients, TestOperations
//	view 1 compared twice, view 2 never                      TestSimCLRLabels
//	label of image i/2 for view i                            TestSimCLRLabels
//	prototypes not scaled to unit length                     TestPrototypesAreNormalised
//	gradients not cleared                                    TestStepGivesWhatTheGraphDid, TestStateIsAValue, TestDivergence
//	E' of the weights before the step                        TestStepGivesWhatTheGraphDid
//	labels of a view from itself                             TestSwAVLabels
//	plus the centre                                          TestDINOTeacher
//	labels of the student, not the teacher                   TestDINOTeacher
//	centre over B rows, not 2B; momentum the wrong way round TestDINOTeacher
//	shares 1/K, not N/K; scaling by a wrong power            TestSinkhornByHand
//	bias correction of step - 1                              TestAdamByHand
//	rotation, shear or scale inverted                        TestParts
//	interpolation with weights exchanged                     TestZeroAugmentationIsTheIdentity
//	views of the wrong image                                 TestViews

var algorithms = []Algorithm{SimCLR, SwAV, DINO}

// small is a network small enough for central differences.
func small(a Algorithm, p model.Precision) Settings {
	return Settings{
		Algorithm: a, Pixels: 12, Hidden: []int{7}, Representation: 5, Head: []int{6}, Projection: 4, Labels: 5, Batch: 6,
		EncodeBatch: 4, Temperature: 0.2, Epsilon: 0.1, TeacherTau: 0.08, TeacherMomentum: 0.9, CentreMomentum: 0.8,
		Rate: 0.01, Precision: p,
	}
}

func newModel(t testing.TB, s Settings) *Model {
	m, err := New(s)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m
}

func uniforms(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = rng.Float32()
	}
	return x
}

// lossAt evaluates the loss of held labels at weights theta.
func lossAt(t *testing.T, m *Model, theta [][]float64) float64 {
	m.load(theta)
	require.NoError(t, m.forward.run())
	return scalar(m.loss)
}

// The gradient of every weight against central differences, with the labels held; no input is changed by a run.
func TestGradients(t *testing.T) {
	for _, a := range algorithms {
		t.Run(string(a), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			m := newModel(t, small(a, model.Float64))
			st := m.NewState(rng)
			for _, p := range st.Theta { // biases away from 0
				for j := range p {
					p[j] += 0.05 * rng.NormFloat64()
				}
			}
			views := uniforms(rng, m.Samples()*12)
			put(m.x, views)
			q := make([]float64, m.Samples()*m.Labels())
			_, err := m.label(st, q)
			require.NoError(t, err)
			put(m.q, q)
			for range 2 { // the second run meets whatever the first left behind
				m.load(st.Theta)
				require.NoError(t, m.train.run())
				loss := scalar(m.loss)
				var grads [][]float64
				for i, p := range m.params {
					g, err := gradient(p)
					require.NoError(t, err)
					grads = append(grads, slices.Clone(g.Float64s()))
					g.Zero()
					assert.Equal(t, st.Theta[i], p.Value().Data(), "%s was changed", p.Name())
				}
				assert.Equal(t, q, m.q.Value().Data())
				for i, v := range m.x.Value().Data().([]float64) {
					require.Equal(t, float64(views[i]), v)
				}
				assert.InDelta(t, loss, lossAt(t, m, st.Theta), 1e-14)
				const h = 1e-5
				largest := 0.0
				theta := cloneAll(st.Theta)
				for i, p := range theta {
					for j, w := range p {
						p[j] = w + h
						up := lossAt(t, m, theta)
						p[j] = w - h
						down := lossAt(t, m, theta)
						p[j] = w
						require.InDelta(t, (up-down)/(2*h), grads[i][j], 1e-6*(0.01+math.Abs(grads[i][j])), "%s[%d]", m.params[i].Name(), j)
						largest = max(largest, math.Abs(grads[i][j]))
					}
				}
				assert.Greater(t, largest, 1e-2, "a gradient of zeros would pass")
			}
		})
	}
}

// The loss of the graph, before and after a step, is the cross-entropy of the arrays that the step gives: worked out here
// from their definition.
func TestStepGivesWhatTheGraphDid(t *testing.T) {
	for _, a := range algorithms {
		for _, p := range []model.Precision{model.Float32, model.Float64} {
			t.Run(fmt.Sprint(a, p), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(3, 4))
				m := newModel(t, small(a, p))
				st := m.NewState(rng)
				views := uniforms(rng, m.Samples()*12)
				tolerance := 1e-12
				if p == model.Float32 {
					tolerance = 2e-6
				}
				first, last := 0.0, 0.0
				for n := range 60 {
					step, err := m.Step(st, views)
					require.NoError(t, err)
					assert.InDelta(t, meanCrossEntropy(step.Energies, step.Labels, m.Labels()), step.Loss, tolerance)
					assert.InDelta(t, meanCrossEntropy(step.After, step.Labels, m.Labels()), step.LossAfter, tolerance)
					for i := range m.Samples() {
						var total float64
						for _, v := range step.Labels[i*m.Labels() : (i+1)*m.Labels()] {
							total += v
						}
						require.InDelta(t, 1, total, 1e-12)
					}
					if n == 0 {
						first = step.Loss
						assert.Less(t, step.LossAfter, step.Loss)
					}
					last = step.LossAfter
				}
				assert.Equal(t, 60, st.Steps)
				if a != DINO { // whose labels move with the teacher
					assert.Less(t, last, first-0.1)
				}
			})
		}
	}
}

func meanCrossEntropy(e, q []float64, labels int) (mean float64) {
	for i, v := range e {
		var z float64
		for _, w := range e[i/labels*labels:][:labels] {
			z += math.Exp(v - w)
		}
		mean += q[i] * math.Log(z) // -ln p_ik = ln sum_m exp(E_ik - E_im)
	}
	return mean * float64(labels) / float64(len(e))
}

// SimCLR's score of views i and j is their similarity, and the label is the image's number in the batch.
func TestSimCLRLabels(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	m := newModel(t, small(SimCLR, model.Float64))
	st := m.NewState(rng)
	views := uniforms(rng, m.Samples()*12)
	step, err := m.Step(st, views)
	require.NoError(t, err)
	assert.Nil(t, step.Target)
	const b = 6
	for i := range 2 * b {
		for j := range b {
			want := 0.0
			if i%b == j {
				want = 1
			}
			assert.Equal(t, want, step.Labels[i*b+j])
		}
	}
	// Similarity is symmetric: view 1 of i against view 2 of j is view 2 of j against view 1 of i.
	for i := range b {
		for j := range b {
			assert.InDelta(t, step.Energies[i*b+j], step.Energies[(b+j)*b+i], 1e-14)
			assert.LessOrEqual(t, math.Abs(step.Energies[i*b+j]), 1/0.2+1e-12)
		}
	}
	// Equal views are most alike: energy -1/tau.
	copy(views[b*12:], views[:b*12])
	step, err = m.Step(st, views)
	require.NoError(t, err)
	for i := range 2 * b {
		assert.InDelta(t, -1/0.2, step.Energies[i*b+i%b], 1e-12)
	}
}

// SwAV's labels are those of the other view and obey the identity of the generalised Gibbs ensemble.
func TestSwAVLabels(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	m := newModel(t, small(SwAV, model.Float64))
	st := m.NewState(rng)
	step, err := m.Step(st, uniforms(rng, m.Samples()*12))
	require.NoError(t, err)
	require.True(t, step.Target.Balance.Converged)
	for i, e := range step.Energies { // the student's own scores, exchanged
		j := (i + len(step.Energies)/2) % len(step.Energies)
		assert.InDelta(t, e*0.2, step.Target.Energies[j], 1e-14)
	}
	assertTilted(t, step, m.Labels())
	occupation := make([]float64, m.Labels())
	for i, v := range step.Labels {
		occupation[i%m.Labels()] += v / float64(m.Samples())
	}
	for _, o := range occupation {
		assert.InEpsilon(t, 0.2, o, 1e-8)
	}
}

// The length of a prototype means nothing: scores are cosines.
func TestPrototypesAreNormalised(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	m := newModel(t, small(SwAV, model.Float64))
	st := m.NewState(rng)
	put(m.x, uniforms(rng, m.Samples()*12))
	q := make([]float64, m.Samples()*m.Labels())
	_, err := m.label(st, q)
	require.NoError(t, err)
	before := slices.Clone(m.energies)
	for i := range st.Theta[len(st.Theta)-1] {
		st.Theta[len(st.Theta)-1][i] *= 3
	}
	_, err = m.label(st, q)
	require.NoError(t, err)
	assert.InDeltaSlice(t, before, m.energies, 1e-12)
	for _, e := range before {
		assert.LessOrEqual(t, math.Abs(e)*0.2, 1+1e-12)
	}
}

// assertTilted demands ln q + E/T - lambda to be constant in each row.
func assertTilted(t *testing.T, step *Step, labels int) {
	for at := 0; at < len(step.Labels); at += labels {
		nu := math.Log(step.Labels[at]) + step.Target.Energies[at]/step.Target.Temperature - step.Target.Field[0]
		for k := range labels {
			assert.InDelta(t, nu, math.Log(step.Labels[at+k])+step.Target.Energies[at+k]/step.Target.Temperature-step.Target.Field[k], 1e-10)
		}
	}
}

// DINO: teacher and centre follow with their momenta; labels are the teacher's, centred and sharpened.
func TestDINOTeacher(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	m := newModel(t, small(DINO, model.Float64))
	st := m.NewState(rng)
	views := uniforms(rng, m.Samples()*12)
	for range 3 {
		teacher, centre := cloneAll(st.Teacher), slices.Clone(st.Centre)
		step, err := m.Step(st, views)
		require.NoError(t, err)
		assert.Equal(t, centre, step.Target.Centre)
		assertTilted(t, step, m.Labels())
		for at := 0; at < len(step.Labels); at += m.Labels() { // q = softmax((score - centre)/tau_t)
			for k := 1; k < m.Labels(); k++ {
				scores := step.Target.Energies[at] - step.Target.Energies[at+k]
				assert.InDelta(t, (scores-centre[k]+centre[0])/0.08, math.Log(step.Labels[at+k]/step.Labels[at]), 1e-10)
			}
		}
		for i, p := range st.Teacher {
			for j, w := range p {
				assert.InDelta(t, 0.9*teacher[i][j]+0.1*st.Theta[i][j], w, 1e-15)
			}
		}
		for k, c := range st.Centre {
			mean := 0.0
			for i := k; i < len(step.Target.Energies); i += m.Labels() {
				mean -= step.Target.Energies[i] / 12
			}
			assert.InDelta(t, 0.8*centre[k]+0.2*mean, c, 1e-14)
		}
	}
	// The teacher's energies are those of its own weights.
	m.load(st.Teacher)
	put(m.x, views)
	require.NoError(t, m.forward.run())
	want := make([]float64, m.Samples()*m.Labels())
	get(want, m.logits, -0.2)
	exchange(want)
	step, err := m.Step(st, views)
	require.NoError(t, err)
	assert.Equal(t, want, step.Target.Energies)

	s := small(DINO, model.Float64)
	s.NoCentring, s.NoSharpening = true, true
	plain := newModel(t, s)
	st = plain.NewState(rng)
	for range 2 {
		step, err := plain.Step(st, views)
		require.NoError(t, err)
		assert.Equal(t, make([]float64, 5), step.Target.Centre)
		assert.Equal(t, 0.2, step.Target.Temperature)
	}
}

// A state saved, restored and gone on with gives the numbers of an unbroken run, also on another model.
func TestStateIsAValue(t *testing.T) {
	for _, a := range algorithms {
		rng := rand.New(rand.NewPCG(11, 12))
		m, other := newModel(t, small(a, model.Float32)), newModel(t, small(a, model.Float32))
		st := m.NewState(rng)
		views := [][]float32{uniforms(rng, m.Samples()*12), uniforms(rng, m.Samples()*12), uniforms(rng, m.Samples()*12)}
		_, err := m.Step(st, views[0])
		require.NoError(t, err)
		var file bytes.Buffer
		require.NoError(t, gob.NewEncoder(&file).Encode(st))
		clone := st.Clone()
		for _, v := range views[1:] {
			_, err := m.Step(st, v)
			require.NoError(t, err)
		}
		restored := new(State)
		require.NoError(t, gob.NewDecoder(&file).Decode(restored))
		for _, from := range []*State{restored, clone} {
			for _, v := range views[1:] {
				_, err := other.Step(from, v)
				require.NoError(t, err)
			}
			assert.Equal(t, st, from)
		}
	}
}

func TestEncode(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	m := newModel(t, small(DINO, model.Float64))
	st := m.NewState(rng)
	x := uniforms(rng, 9*12) // not a multiple of the encoder's batch
	got := make([]float64, 9*5)
	require.NoError(t, m.Encode(st, got, x))
	for i := range 9 {
		hidden := make([]float64, 7)
		for j := range hidden {
			hidden[j] = st.Theta[1][j]
			for d := range 12 {
				hidden[j] += float64(x[i*12+d]) * st.Theta[0][d*7+j]
			}
		}
		for k := range 5 {
			want := st.Theta[3][k]
			for j, h := range hidden {
				want += max(h, 0) * st.Theta[2][j*5+k]
			}
			assert.InDelta(t, want, got[i*5+k], 1e-12)
		}
	}
}

func TestBadSettings(t *testing.T) {
	for name, spoil := range map[string]func(*Settings){
		"algorithm":       func(s *Settings) { s.Algorithm = "byol" },
		"Pixels":          func(s *Settings) { s.Pixels = 0 },
		"Batch":           func(s *Settings) { s.Batch = 1 },
		"Hidden":          func(s *Settings) { s.Hidden = []int{4, 0} },
		"Labels":          func(s *Settings) { s.Labels = 1 },
		"Temperature":     func(s *Settings) { s.Temperature = 0 },
		"Rate":            func(s *Settings) { s.Rate = math.NaN() },
		"TeacherTau":      func(s *Settings) { s.TeacherTau = -1 },
		"TeacherMomentum": func(s *Settings) { s.TeacherMomentum = 1 },
	} {
		s := small(DINO, model.Float32)
		spoil(&s)
		_, err := New(s)
		assert.ErrorContains(t, err, name)
	}
}

// A step that breaks down says so, and leaves state and model fit for the next.
func TestDivergence(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	m := newModel(t, small(SimCLR, model.Float64))
	st := m.NewState(rng)
	views := uniforms(rng, m.Samples()*12)
	bad := slices.Clone(views)
	bad[3] = float32(math.NaN())
	good := st.Clone()
	_, err := m.Step(st, bad)
	require.ErrorContains(t, err, "step 1")
	assert.Equal(t, good, st)
	_, err = m.Step(st, views)
	require.NoError(t, err)
	_, err = newModel(t, small(SimCLR, model.Float64)).Step(good, views)
	require.NoError(t, err)
	assert.Equal(t, good, st)
	assert.Panics(t, func() { _, _ = m.Step(st, views[1:]) })
}

// The two operations against central differences in their inputs, including rows of different length and labels that do
// not sum to 1.
func TestOperations(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	const n, k, h = 4, 3, 1e-6
	x, w, q := make([]float64, n*k), make([]float64, n*k), make([]float64, n*k)
	for i := range x {
		x[i], w[i], q[i] = 3*rng.NormFloat64(), rng.NormFloat64(), rng.Float64()
	}
	unit := func(x []float64) (sum float64) {
		y := make([]float64, len(x))
		normalise(y, x, k)
		for i, v := range y {
			sum += w[i] * v
		}
		return sum
	}
	entropy := func(x []float64) float64 { return crossEntropyRows(x, q, nil, k, 0) }
	unitGrad, entropyGrad := make([]float64, n*k), make([]float64, n*k)
	normaliseGrad(unitGrad, x, w, k)
	crossEntropyRows(x, q, entropyGrad, k, 1)
	for i, v := range x {
		for _, c := range []struct {
			f    func([]float64) float64
			grad float64
		}{{unit, unitGrad[i]}, {entropy, entropyGrad[i]}} {
			x[i] = v + h
			up := c.f(x)
			x[i] = v - h
			down := c.f(x)
			x[i] = v
			assert.InDelta(t, (up-down)/(2*h), c.grad, 1e-8)
		}
	}
	assert.False(t, math.IsNaN(crossEntropyRows([]float32{1e30, -1e30}, []float32{1, 0}, nil, 2, 0)))
	zero := make([]float64, 3)
	normalise(zero, zero, 3)
	assert.Equal(t, []float64{0, 0, 0}, zero)
}
