package thermo

import (
	"bytes"
	"encoding/gob"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate error -> what caught it; others of the ledger are listed in cycle_test.go:
//
//	window not emptied by Take  CycleLedgerSumsAndWindows

func TestCycleLedgerSumsAndWindows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	l := NewCycleLedger(4)
	var extracted, window, bought float64
	for step := range 7 {
		if step == 3 {
			mean, steps := l.Take()
			assert.Equal(t, 3, steps)
			assert.InDelta(t, extracted/3, mean.Extracted(), 1e-14)
			assert.InDelta(t, extracted/bought, mean.Efficiency(), 1e-13, "a ratio of sums, not a mean of ratios")
		}
		e, q, e2 := randomCycle(rng, 3+step, 4)
		require.NoError(t, l.Record(e, q, e2))
		alone, err := NewCycle(4, e, q, e2)
		require.NoError(t, err)
		assert.InDelta(t, alone.Work, l.Last.Work, 1e-15)
		assert.Len(t, l.Samples, 3+step)
		sum := 0.0
		for _, s := range l.Samples {
			sum += s.QOut
		}
		assert.InDelta(t, l.Last.QOut, sum/float64(3+step), 1e-14)
		extracted += alone.Extracted()
		bought += alone.KLBefore
		if step >= 3 {
			window += alone.Extracted()
		}
	}
	assert.Equal(t, 7, l.Steps)
	assert.Equal(t, 3+4+5+6+7+8+9, l.Total.Samples)
	assert.InDelta(t, extracted, l.Total.Extracted(), 1e-13)
	mean, steps := l.Take()
	assert.Equal(t, 4, steps)
	assert.InDelta(t, window/4, mean.Extracted(), 1e-14)
	_, steps = l.Take()
	assert.Zero(t, steps)

	var b bytes.Buffer
	require.NoError(t, gob.NewEncoder(&b).Encode(l))
	var back CycleLedger
	require.NoError(t, gob.NewDecoder(&b).Decode(&back))
	e, q, e2 := randomCycle(rng, 5, 4)
	require.NoError(t, l.Record(e, q, e2))
	require.NoError(t, back.Record(e, q, e2))
	assert.Equal(t, l.Total.Values()[:13], back.Total.Values()[:13])
	assert.Equal(t, l.Last.Work, back.Last.Work)
	assert.Zero(t, testing.AllocsPerRun(20, func() { _ = l.Record(e, q, e2) }))
}

// In processor time a Record of 256 samples and 64 labels costs about 6 exponentials an entry, with temperatures about
// 20; no allocation.
func BenchmarkCycleRecord(b *testing.B) {
	e, q, e2 := randomCycle(rand.New(rand.NewPCG(7, 8)), 256, 64)
	for name, temperatures := range map[string]bool{"plain": false, "temperatures": true} {
		l := NewCycleLedger(64)
		l.Temperatures = temperatures
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := l.Record(e, q, e2); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("exponentials", func(b *testing.B) {
		sum := 0.0
		for b.Loop() {
			for _, e := range e {
				sum += math.Exp(-e)
			}
		}
		_ = sum
	})
}
