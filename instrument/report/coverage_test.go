package report

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
	"calorimeter/instrument/testsystems"

	"github.com/stretchr/testify/require"
)

// The interval of L-info's upper bound covers as often where it is drawn as where it is computed: over 400 simulations
// with 8 training sets and 3 replicas, each written into a run folder, read back and laid out for the page. What the
// bound comes out as on average is the truth that it is held against. +-t SE, which drawings were made of once, covers
// less often: the bound is skewed.
func TestDrawnIntervalsCoverAsRecorded(t *testing.T) {
	if testing.Short() {
		t.Skip("400 simulated ensembles")
	}
	const simulations, sets, replicas, chains = 400, 8, 3, 32
	system := testsystems.GaussianPPM{
		Dim: 1, Sigma: 1, DataSigma: 1, InitVar: 0.01, Subset: 4, Rate: 0.1, Temperature: 0.02, Steps: 40,
	}
	info := record.Info{Name: "bound", Title: "L-info, upper bound", Unit: "nats"}
	var drawn []curve
	var own []estimate.Estimate
	for i := range simulations {
		e := system.Simulate(sets, replicas, chains, rand.New(rand.NewPCG(uint64(i), 8)))
		var l []float64
		for _, judge := range e.CrossLogLikelihood() {
			l = slices.Concat(append([][]float64{l}, judge...)...)
		}
		cross, err := information.NewCrossLogLikelihood(sets, replicas, chains, l)
		require.NoError(t, err)
		upper := cross.Bounds().Learned.Upper
		own = append(own, upper)
		drawn = append(drawn, throughTheRecord(t, info, upper))
	}
	truth := 0.0
	for _, e := range own {
		truth += e.Value / simulations
	}
	var recorded, shown, student int
	for i, e := range own {
		half := estimate.TQuantile(sets-1) * e.SE
		recorded += covers(e.Lo, e.Hi, truth)
		shown += covers(drawn[i].Lo[0], drawn[i].Hi[0], truth)
		student += covers(e.Value-half, e.Value+half, truth)
	}
	percent := func(n int) float64 { return 100 * float64(n) / simulations }
	t.Log(fmt.Sprintf("coverage of %.4f nats in %d simulations: recorded %.1f %%, drawn %.1f %%, +-t SE %.1f %%",
		truth, simulations, percent(recorded), percent(shown), percent(student)))
	require.Equal(t, recorded, shown)
	require.InDelta(t, 95, percent(shown), 3)
	require.Less(t, percent(student), 93.0, "the case does not tell the two apart")
}

func covers(lo, hi, truth float64) int {
	if lo <= truth && truth <= hi {
		return 1
	}
	return 0
}

// throughTheRecord writes a reading into a run folder, reads it back, and returns the curve that the page's script
// draws.
func throughTheRecord(t *testing.T, info record.Info, e estimate.Estimate) curve {
	dir, h := t.TempDir(), record.NewHistory([]record.Info{info})
	require.NoError(t, h.Record(record.Event{Step: 3, Readings: []record.Named{{Info: info, Reading: e}}}))
	run := &record.Run{Status: record.Done, Quantities: h.Infos(), Units: record.Units{Name: "training set", Count: 8}}
	require.NoError(t, h.Save(dir))
	require.NoError(t, run.Save(dir))
	run, h, err := record.Load(dir)
	require.NoError(t, err)
	text, err := json.Marshal(panelsOf(run, h)[0])
	require.NoError(t, err)
	var page struct {
		Curves []struct{ Lo, Hi []float64 }
	}
	require.NoError(t, json.Unmarshal(text, &page), "%s", text)
	require.Len(t, page.Curves[0].Lo, 1)
	require.False(t, math.IsNaN(page.Curves[0].Lo[0]))
	return curve{Lo: page.Curves[0].Lo, Hi: page.Curves[0].Hi}
}
