package ssl

import (
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
//	the batch's first image kept among SimCLR's others        TestLossesByHand
//	views compared with those of their own half               TestLossesByHand, TestLossesAreTheBatchs
//	SwAV's label of the same view, or without the field       TestLossesByHand, TestLossesAreTheBatchs
//	DINO's label of the student, or plus the centre           TestLossesByHand, TestLossesAreTheBatchs
//	images beyond the first put at the wrong place            all three

// trained is a state after some steps, with a centre and a teacher of its own.
func trained(t *testing.T, m *Model, rng *rand.Rand) *State {
	st, solver := m.NewState(rng), adam()
	for range 5 {
		_, err := m.Step(st, uniforms(rng, m.Samples()*12), solver)
		require.NoError(t, err)
	}
	return st
}

func losses(t *testing.T, j *Judge, views []float32) []float64 {
	dst := make([]float64, len(views)/2/j.model.settings.Pixels)
	require.NoError(t, j.Losses(dst, views))
	return dst
}

// rowByHand is the row of unit length of one view: four affine layers with rectifiers between them.
func rowByHand(theta [][]float64, x []float32) []float64 {
	row := make([]float64, len(x))
	for i, v := range x {
		row[i] = float64(v)
	}
	for l := 0; l < 8; l += 2 {
		w, out := theta[l], slices.Clone(theta[l+1])
		for i, v := range row {
			for k := range out {
				out[k] += v * w[i*len(out)+k]
			}
		}
		for k, v := range out {
			if l < 6 {
				out[k] = max(v, 0)
			}
		}
		row = out
	}
	return scaled(row)
}

func scaled(row []float64) []float64 {
	var squares float64
	for _, v := range row {
		squares += v * v
	}
	out := slices.Clone(row)
	for k := range out {
		out[k] /= math.Sqrt(squares)
	}
	return out
}

func product(a, b []float64) (sum float64) {
	for k, v := range a {
		sum += v * b[k]
	}
	return sum
}

// softmax is that of f(k), k < n, without any care.
func softmax(n int, f func(k int) float64) []float64 {
	p, total := make([]float64, n), 0.0
	for k := range p {
		p[k] = math.Exp(f(k))
		total += p[k]
	}
	for k := range p {
		p[k] /= total
	}
	return p
}

// lossByHand is the loss of an image by its views a and b, beside a batch, from the formulas of [Judge].
func lossByHand(m *Model, st *State, field []float64, batch []float32, a, b []float32) float64 {
	s := m.Settings()
	za, zb := rowByHand(st.Theta, a), rowByHand(st.Theta, b)
	if s.Algorithm == SimCLR {
		one := func(z, other []float64, half int) float64 {
			positive := math.Exp(product(z, other) / s.Temperature)
			total := positive
			for k := 1; k < s.Batch; k++ {
				at := (half*s.Batch + k) * 12
				total += math.Exp(product(z, rowByHand(st.Theta, batch[at:at+12])) / s.Temperature)
			}
			return -math.Log(positive / total)
		}
		return (one(za, zb, 1) + one(zb, za, 0)) / 2
	}
	prototype := func(theta [][]float64, k int) []float64 { return scaled(theta[8][k*4 : k*4+4]) }
	one := func(z []float64, other []float32) (loss float64) {
		p := softmax(s.Labels, func(k int) float64 { return product(z, prototype(st.Theta, k)) / s.Temperature })
		q := softmax(s.Labels, func(k int) float64 {
			if s.Algorithm == DINO {
				score := product(rowByHand(st.Teacher, other), prototype(st.Teacher, k))
				return (score - st.Centre[k]) / s.TeacherTau
			}
			return product(rowByHand(st.Theta, other), prototype(st.Theta, k))/s.Epsilon + field[k]
		})
		for k, v := range q {
			loss -= v * math.Log(p[k])
		}
		return loss
	}
	return (one(za, b) + one(zb, a)) / 2
}

func TestLossesByHand(t *testing.T) {
	for _, a := range algorithms {
		rng := rand.New(rand.NewPCG(21, 22))
		m := newModel(t, small(a, model.Float64))
		st := trained(t, m, rng)
		batch, views := uniforms(rng, m.Samples()*12), uniforms(rng, 2*3*12)
		j, err := m.NewJudge(st, batch)
		require.NoError(t, err)
		for i, loss := range losses(t, j, views) {
			want := lossByHand(m, st, j.field, batch, views[i*12:i*12+12], views[(3+i)*12:(3+i)*12+12])
			assert.InDelta(t, want, loss, 1e-10, "%s, image %d", a, i)
		}
	}
}

// An image that is the first of the batch has what it adds to the batch's loss, as a training step has it: those of
// all add up to the loss of the step. SimCLR leaves the first image of the batch out, so that each is put there.
func TestLossesAreTheBatchs(t *testing.T) {
	for _, a := range algorithms {
		rng := rand.New(rand.NewPCG(23, 24))
		m := newModel(t, small(a, model.Float64))
		st := trained(t, m, rng)
		views := uniforms(rng, m.Samples()*12)
		var mean float64
		for i := range 6 {
			batch := slices.Clone(views)
			for half := range 2 {
				first, own := batch[half*72:half*72+12], batch[half*72+i*12:half*72+i*12+12]
				copy(own, views[half*72:])
				copy(first, views[half*72+i*12:])
			}
			j, err := m.NewJudge(st, batch)
			require.NoError(t, err)
			mean += losses(t, j, slices.Concat(batch[:12], batch[72:84]))[0] / 6
		}
		step, err := m.Step(st, views, adam())
		require.NoError(t, err)
		assert.InDelta(t, step.Loss, mean, 1e-9, "%s", a)
	}
}

// The loss of an image is its own, whatever stands beside it and wherever it stands.
func TestLossesAreOfOneImage(t *testing.T) {
	for _, a := range algorithms {
		rng := rand.New(rand.NewPCG(25, 26))
		m := newModel(t, small(a, model.Float32))
		st := trained(t, m, rng)
		j, err := m.NewJudge(st, uniforms(rng, m.Samples()*12))
		require.NoError(t, err)
		views := uniforms(rng, m.Samples()*12)
		all := losses(t, j, views)
		require.Equal(t, all, losses(t, j, views))
		for i := range 6 {
			one := losses(t, j, slices.Concat(views[i*12:i*12+12], views[72+i*12:72+i*12+12]))
			assert.InDelta(t, all[i], one[0], 1e-6, "%s, image %d", a, i)
		}
	}
}
