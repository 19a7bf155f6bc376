package instrument

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

// eventFor is a made-up event with a known, an unknown, an infinite and an absent reading.
func eventFor(step, part int) Event {
	columns := []Info{{Name: "a", Unit: "nats"}, {Name: "b", Unit: "1"}, {Name: "c", Unit: "1"}, {Name: "d", Unit: "1"}}
	return Event{Step: step, Part: part, Columns: columns, Readings: []Named{
		{columns[0], estimate.FromSE(0.1, 0.01, 9)},
		{columns[1], estimate.Unknown("window holds %d of 8", step)},
		{columns[3], Reading{Value: 2, SE: math.NaN(), Lo: 1, Hi: math.Inf(1)}.Warn("no upper end, \"x\"")},
	}}
}

func TestCSV(t *testing.T) {
	var b bytes.Buffer
	r := NewCSV(&b)
	require.NoError(t, r.Record(eventFor(0, 0)))
	require.NoError(t, r.Record(eventFor(5, 1)))
	require.NoError(t, r.Flush())
	lines := strings.Split(b.String(), "\n")
	assert.Equal(t, "step,part,a,a_lo,a_hi,b,b_lo,b_hi,c,c_lo,c_hi,d,d_lo,d_hi,warnings", lines[0])
	lo, hi := estimate.FromSE(0.1, 0.01, 9).Lo, estimate.FromSE(0.1, 0.01, 9).Hi
	assert.Equal(t, fmt.Sprintf(`5,1,0.1,%v,%v,,,,,,,2,1,+Inf,"b: window holds 5 of 8; d: no upper end, ""x"""`, lo, hi), lines[2])
}

func TestJSONLines(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, NewJSONLines(&b).Record(eventFor(7, 0)))
	require.Equal(t, 1, strings.Count(b.String(), "\n"))
	var got map[string]any
	require.NoError(t, json.Unmarshal(b.Bytes(), &got))
	assert.Equal(t, 7.0, got["step"])
	assert.Equal(t, 0.1, got["a"].(map[string]any)["value"])
	assert.Nil(t, got["b"].(map[string]any)["value"])
	assert.Equal(t, []any{"window holds 7 of 8"}, got["b"].(map[string]any)["warnings"])
	assert.NotContains(t, got, "c")
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	r := NewTable(&b)
	require.NoError(t, r.Record(eventFor(0, 0)))
	require.NoError(t, r.Record(eventFor(5, 0)))
	require.NoError(t, r.Record(eventFor(5, 1)))
	assert.Equal(t, `
  step                      a           b           c             d
                         nats           1           1             1
     0  0.1 [0.07738, 0.1226]           ~              2 [1, +Inf]!
       ! b: window holds 0 of 8
       ! d: no upper end, "x"
     5  0.1 [0.07738, 0.1226]           ~              2 [1, +Inf]!
  step    part                      a           b           c             d
                                 nats           1           1             1
     5       1  0.1 [0.07738, 0.1226]           ~              2 [1, +Inf]!
       ! b: window holds 5 of 8
       ! d: no upper end, "x"
`, "\n"+b.String())
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
	for name, make := range map[string]func(w *brokenWriter) Recorder{
		"csv":   func(w *brokenWriter) Recorder { return NewCSV(w) },
		"json":  func(w *brokenWriter) Recorder { return NewJSONLines(w) },
		"table": func(w *brokenWriter) Recorder { return NewTable(w) },
	} {
		n, bare, rec := newLine(t, tensor.Float64), newLine(t, tensor.Float64), NewMemory()
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
