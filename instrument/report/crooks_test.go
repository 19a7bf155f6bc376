package report

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exampleDensities are the Gaussian densities of dissipated work of mean ±d and variance 2d, which obey Crooks exactly.
func exampleDensities() []WorkDensity {
	var all []WorkDensity
	for i, d := range []float64{0.5, 2, 30} {
		w := WorkDensity{Step: 10 * (i + 1), Edges: []float64{-40}}
		for x := -39.5; x < 40; x += 0.5 {
			w.Edges = append(w.Edges, x)
			at := func(mean float64) float64 {
				return math.Exp(-(x-0.25-mean)*(x-0.25-mean)/(4*d)) / math.Sqrt(4*math.Pi*d)
			}
			w.Forward, w.Reverse = append(w.Forward, at(d)), append(w.Reverse, at(-d))
		}
		all = append(all, w)
	}
	return all
}

func TestWorkDensities(t *testing.T) {
	dir := t.TempDir()
	none, err := LoadWorkDensities(dir)
	require.NoError(t, err)
	require.Empty(t, none)

	want := exampleDensities()
	require.NoError(t, SaveWorkDensities(dir, want))
	got, err := LoadWorkDensities(dir)
	require.NoError(t, err)
	require.Equal(t, want, got)

	chosen, ok := telling(got)
	require.True(t, ok)
	assert.Equal(t, 20, chosen.Step, "the newest with a visible crossing")
	// densities N(d, 2d) and N(-d, 2d) share the area erfc(sqrt(d)/2)
	assert.InDelta(t, math.Erfc(math.Sqrt(2)/2), chosen.overlap(), 0.01)

	for _, text := range []string{"[", `[{"step":1,"edges":[0,1],"forward":[1,2],"reverse":[1]}]`, `[{"edges":[1,0],"forward":[1],"reverse":[1]}]`} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, CrooksFile), []byte(text), 0o644))
		_, err := LoadWorkDensities(dir)
		assert.ErrorContains(t, err, CrooksFile)
	}
}
