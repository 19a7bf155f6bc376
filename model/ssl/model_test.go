package ssl

import (
	"math/rand/v2"
	"testing"

	"calorimeter/model"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
)

var algorithms = []Algorithm{SimCLR, SwAV, DINO}

// small is a network small enough for central differences.
func small(a Algorithm, p model.Precision) Settings {
	return Settings{
		Algorithm: a, Pixels: 12, Hidden: []int{7}, Representation: 5, Head: []int{6}, Projection: 4, Labels: 5, Batch: 6,
		EncodeBatch: 4, Temperature: 0.2, Epsilon: 0.1, TeacherTau: 0.08, TeacherMomentum: 0.9, CentreMomentum: 0.8,
		Precision: p,
	}
}

// adam is a solver before its first step.
func adam() G.Solver { return G.NewAdamSolver(G.WithLearnRate(0.01)) }

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
		"TeacherTau":      func(s *Settings) { s.TeacherTau = -1 },
		"TeacherMomentum": func(s *Settings) { s.TeacherMomentum = 1 },
	} {
		s := small(DINO, model.Float32)
		spoil(&s)
		_, err := New(s)
		assert.ErrorContains(t, err, name)
	}
}
