package ssl

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/model"
	"calorimeter/model/internal/graph"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	view 1 compared twice, view 2 never                      TestSimCLRLabels
//	label of image i/2 for view i                            TestSimCLRLabels
//	prototypes not scaled to unit length                     TestPrototypesAreNormalised
//	labels of a view from itself                             TestSwAVLabels
//	plus the centre                                          TestDINOTeacher
//	labels of the student, not the teacher                   TestDINOTeacher
//	centre over B rows, not 2B; momentum the wrong way round TestDINOTeacher

// SimCLR's score of views i and j is their similarity, and the label is the image's number in the batch.
func TestSimCLRLabels(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	m := newModel(t, small(SimCLR, model.Float64))
	st := m.NewState(rng)
	views := uniforms(rng, m.Samples()*12)
	step, err := m.Step(st, views, adam())
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
	step, err = m.Step(st, views, adam())
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
	step, err := m.Step(st, uniforms(rng, m.Samples()*12), adam())
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

// Without balance SwAV's labels are the softmax of the other view's scores at eps, and nothing is iterated.
func TestSwAVWithoutBalance(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	s := small(SwAV, model.Float64)
	s.NoBalancing = true
	m := newModel(t, s)
	step, err := m.Step(m.NewState(rng), uniforms(rng, m.Samples()*12), adam())
	require.NoError(t, err)
	assert.Nil(t, step.Target.Balance)
	assert.Equal(t, make([]float64, m.Labels()), step.Target.Field)
	assertTilted(t, step, m.Labels())
	half := len(step.Energies) / 2
	for at := 0; at < half; at += m.Labels() { // odds of two labels, by the scores of the other view
		score := func(k int) float64 { return -step.Energies[half+at+k] * s.Temperature }
		assert.InDelta(t, (score(1)-score(0))/s.Epsilon, math.Log(step.Labels[at+1]/step.Labels[at]), 1e-10)
	}
}

// The length of a prototype means nothing: scores are cosines.
func TestPrototypesAreNormalised(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	m := newModel(t, small(SwAV, model.Float64))
	st := m.NewState(rng)
	graph.Put(m.x, uniforms(rng, m.Samples()*12))
	require.NoError(t, m.evaluate(m.energies, st.Theta, -1))
	before := slices.Clone(m.energies)
	for i := range st.Theta[len(st.Theta)-1] {
		st.Theta[len(st.Theta)-1][i] *= 3
	}
	require.NoError(t, m.evaluate(m.energies, st.Theta, -1))
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
			assert.InDelta(t, nu,
				math.Log(step.Labels[at+k])+step.Target.Energies[at+k]/step.Target.Temperature-step.Target.Field[k], 1e-10)
		}
	}
}

// DINO: teacher and centre follow with their momenta; labels are the teacher's, centred and sharpened.
func TestDINOTeacher(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	m := newModel(t, small(DINO, model.Float64))
	st := m.NewState(rng)
	views := uniforms(rng, m.Samples()*12)
	solver := adam()
	for range 3 {
		teacher, centre := cloneAll(st.Teacher), slices.Clone(st.Centre)
		step, err := m.Step(st, views, solver)
		require.NoError(t, err)
		for k, c := range centre {
			assert.Equal(t, -c/0.08, step.Target.Field[k])
		}
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
	graph.Put(m.x, views)
	require.NoError(t, m.forward.Run())
	want := make([]float64, m.Samples()*m.Labels())
	graph.Get(want, m.logits, -0.2)
	exchange(want)
	step, err := m.Step(st, views, adam())
	require.NoError(t, err)
	assert.Equal(t, want, step.Target.Energies)

	s := small(DINO, model.Float64)
	s.NoCentring, s.NoSharpening = true, true
	plain := newModel(t, s)
	st = plain.NewState(rng)
	for range 2 {
		step, err := plain.Step(st, views, adam())
		require.NoError(t, err)
		assert.InDeltaSlice(t, make([]float64, 5), step.Target.Field, 0)
		assert.Equal(t, 0.2, step.Target.Temperature)
	}
}
