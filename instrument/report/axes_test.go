package report

import (
	"math"
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
)

// labels returns the texts of the ticks of an axis over the given positions.
func labels(a axis, lo, hi float64) (out []string) {
	a.cover(span{lo: lo, hi: hi}, 0)
	for _, t := range a.Ticks {
		if t.Text != "" {
			out = append(out, t.Text)
		}
	}
	return out
}

func TestStepAxis(t *testing.T) {
	a := axis{Scale: record.Steps}
	assert.Equal(t, -zeroGap, a.position(0))
	assert.Equal(t, 0.0, a.position(1))
	assert.InDelta(t, 3, a.position(1000), 1e-12)
	assert.Equal(t, []string{"0", "1", "10", "100", "1000"}, labels(a, a.position(0), a.position(1200)))
	assert.ElementsMatch(t, []string{"0", "1", "10", "2", "5", "20"}, labels(a, a.position(0), a.position(20)))
	assert.GreaterOrEqual(t, len(labels(a, a.position(21), a.position(29))), 4, "within a decade")
}

func TestKneeAxis(t *testing.T) {
	k := axis{Scale: record.Knee, Knee: math.Log(8)}
	assert.InDelta(t, 1, k.position(math.Log(8)), 1e-15)
	assert.InDelta(t, -0.5, k.position(-math.Log(8)/2), 1e-15)
	const h = 1e-6
	below := (k.position(k.Knee) - k.position(k.Knee-h)) / h
	above := (k.position(k.Knee+h) - k.position(k.Knee)) / h
	assert.InDelta(t, below, above, 1e-5, "one slope at the knee")
	assert.Subset(t, labels(k, 0, k.position(200)), []string{"0", "1", "1.5", "2", "10", "100"}, "no label twice")
	assert.Subset(t, labels(k, k.position(-0.3), k.position(0.7)), []string{"0", "0.2", "0.4", "0.6", "−0.2"})
	for _, at := range []float64{math.Log(2), math.Log(8), math.Log(50), math.Log(1000)} {
		k := axis{Scale: record.Knee, Knee: at}
		lo, hi := k.position(-0.3), k.position(200)
		k.cover(span{lo: lo, hi: hi}, 0)
		assert.GreaterOrEqual(t, len(k.Ticks), 5)
		for _, tick := range k.Ticks {
			assert.GreaterOrEqual(t, tick.At, lo)
			assert.LessOrEqual(t, tick.At, hi)
		}
	}
}

func TestLinearAxis(t *testing.T) {
	assert.ElementsMatch(t, []string{"40", "60", "80", "100", "120"}, labels(axis{}, 35, 139))
	assert.ElementsMatch(t, []string{"−0.2", "−0.1", "0.0", "0.1", "0.2"}, labels(axis{}, -0.25, 0.25))
	assert.Equal(t, "0.0", labels(axis{}, -0.25, 0.25)[0], "the roundest comes first")
	assert.Contains(t, labels(axis{}, 0, 50000), "20,000")
	for exponent := -300.0; exponent <= 290; exponent += 10 {
		n := len(labels(axis{}, -math.Pow(10, exponent), 1.7*math.Pow(10, exponent)))
		assert.True(t, n >= 4 && n <= 11, "%d labels at 1e%v", n, exponent)
	}
}

func TestLogAxis(t *testing.T) {
	a := axis{Scale: record.Log}
	assert.ElementsMatch(t, []string{"0.01", "0.1", "1", "10"}, labels(a, -2, 1))
	assert.Equal(t, math.Inf(-1), a.position(0))
	assert.Equal(t, math.Inf(-1), a.position(-2))
}

func TestLabelsDoNotTouch(t *testing.T) {
	ticks := []tick{{At: 0, Text: "0"}, {At: 4, Text: "4"}, {At: 2, Text: "2"}, {At: 1, Text: "1"}, {At: 3, Text: "3"}}
	place := func(v float64) float64 { return 10 * v }
	size := func(string) float64 { return 15 }
	var kept []string
	for _, t := range apart(ticks, place, size) {
		kept = append(kept, t.Text)
	}
	assert.Equal(t, []string{"0", "4", "2", "", ""}, kept)
}
