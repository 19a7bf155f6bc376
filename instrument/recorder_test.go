package instrument

import (
	"errors"
	"math"
	"slices"
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"gorgonia.org/tensor"
)

// Deliberate errors, made one at a time, and the tests that caught them (with -short):
//
//	LogSpaced: floor for round; Bursts one step too long  TestSchedules
//	CSV: fields shifted by one                            TestCSV
//	Multi: stops at the first recorder that fails         TestRecorderErrorsNameStepAndRecorder

func TestSchedules(t *testing.T) {
	held := func(s Schedule, n int) (steps []int) {
		for i := range n {
			if s(i) {
				steps = append(steps, i)
			}
		}
		return steps
	}
	assert.Equal(t, []int{0, 7, 14}, held(Every(7), 20))
	assert.Equal(t, []int{0, 2, 9}, held(At(9, 2, 0, 2), 20))
	assert.Equal(t, []int{0, 1, 10, 11}, held(Bursts(10, 2), 20))
	assert.Equal(t, []int{0, 1, 2, 5, 10, 22, 46, 100, 215, 464, 1000}, held(LogSpaced(3), 1500))
	for _, p := range []int{1, 2, 5, 10, 25} {
		want := []int{0}
		for k := 0; ; k++ {
			step := int(math.Round(math.Pow(10, float64(k)/float64(p))))
			if step > 20000 {
				break
			}
			want = append(want, step)
		}
		assert.Equal(t, slices.Compact(want), held(LogSpaced(p), 20001), "%d a decade", p)
	}
}

// brokenWriter fails after a number of writes.
type brokenWriter struct{ left int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

func TestRecorderErrorsNameStepAndRecorder(t *testing.T) {
	for name, make := range map[string]func(w *brokenWriter) record.Recorder{
		"csv":   func(w *brokenWriter) record.Recorder { return NewCSV(w) },
		"json":  func(w *brokenWriter) record.Recorder { return NewJSONLines(w) },
		"table": func(w *brokenWriter) record.Recorder { return NewTable(w) },
	} {
		n, bare := newLine(t, tensor.Float64), newLine(t, tensor.Float64)
		rec := NewMemory()
		m := New(n.cost, Multi(make(&brokenWriter{left: 1}), rec))
		m.Track(Loss(), Every(2))
		solver := m.Wrap(NewSGD(0.1))
		n.train(t, solver, 2)
		assert.EqualError(t, n.step(t, solver), "instrument: step 2: "+name+" recorder: no space left on device")
		bare.train(t, NewSGD(0.1), 3)
		assert.Equal(t, bare.weights(t), n.weights(t), "measuring does not change what is measured")
		assert.Len(t, rec.Events(), 2, "the other recorder has the event")
		assert.ErrorContains(t, m.Close(), "step 2: "+name)
	}
}

func TestScalar(t *testing.T) {
	values := []float64{0.25, math.NaN(), math.Inf(1)}
	n, rec := newLine(t, tensor.Float64), NewMemory()
	m := New(n.cost, rec)
	m.Track(Scalar(Info{Name: "own", Unit: "1"}, func() float64 {
		v := values[0]
		values = values[1:]
		return v
	}), Every(2))
	n.train(t, m.Wrap(NewSGD(0.1)), 5)
	steps, r := rec.Series("own")
	assert.Equal(t, []int{0, 2, 4}, steps)
	assert.Equal(t, []any{0.25, 0.25, 0.25}, []any{r[0].Value, r[0].Lo, r[0].Hi})
	assert.False(t, r[1].Known())
	assert.Equal(t, math.Inf(1), r[2].Value)
	assert.Panics(t, func() { Scalar(Info{Name: "own"}, nil) })
}
