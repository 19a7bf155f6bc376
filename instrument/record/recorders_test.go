package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// eventFor is a made-up event with a known, an unknown, an infinite and an absent reading.
func eventFor(step, part int) Event {
	columns := []Info{{Name: "a", Unit: "nats"}, {Name: "b", Unit: "1"}, {Name: "c", Unit: "1"}, {Name: "d", Unit: "1"}}
	open := estimate.Estimate{Value: 2, SE: math.NaN(), Lo: 1, Hi: math.Inf(1)}
	return Event{Step: step, Part: part, Columns: columns, Readings: []Named{
		{Info: columns[0], Reading: estimate.FromSE(0.1, 0.01, 9)},
		{Info: columns[1], Reading: estimate.Unknown("window holds %d of 8", step)},
		{Info: columns[3], Reading: open.Warn("no upper end, \"x\"")},
	}}
}

func TestCSV(t *testing.T) {
	var b bytes.Buffer
	r := NewCSV(&b)
	require.NoError(t, r.Record(eventFor(0, 0)))
	require.NoError(t, r.Record(eventFor(5, 1)))
	require.NoError(t, r.Flush())
	lines := strings.Split(b.String(), "\n")
	assert.Equal(t, "step,part,a,a_se,a_lo,a_hi,b,b_se,b_lo,b_hi,c,c_se,c_lo,c_hi,d,d_se,d_lo,d_hi,warnings", lines[0])
	a := estimate.FromSE(0.1, 0.01, 9)
	assert.Equal(t, fmt.Sprintf(`5,1,0.1,0.01,%v,%v,,,,,,,,,2,,1,inf,"b: window holds 5 of 8; d: no upper end, ""x"""`,
		a.Lo, a.Hi), lines[2])
}

func TestJSONLines(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, NewJSONLines(&b).Record(eventFor(7, 0)))
	require.Equal(t, 1, strings.Count(b.String(), "\n"))
	var got map[string]any
	require.NoError(t, json.Unmarshal(b.Bytes(), &got))
	assert.Equal(t, 7.0, got["step"])
	readings := got["readings"].(map[string]any)
	assert.Equal(t, 0.1, readings["a"].(map[string]any)["value"])
	assert.Nil(t, readings["b"].(map[string]any)["value"])
	assert.Equal(t, []any{"window holds 7 of 8"}, readings["b"].(map[string]any)["warnings"])
	assert.Nil(t, readings["d"].(map[string]any)["hi"])
	assert.NotContains(t, readings, "c")
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	r := NewTable(&b)
	require.NoError(t, r.Record(eventFor(0, 0)))
	require.NoError(t, r.Record(eventFor(5, 0)))
	require.NoError(t, r.Record(eventFor(5, 1)))
	assert.Equal(t, `
  step                      a           b           c                 d
                         nats           1           1                 1
     0  0.1 [0.07738, 0.1226]           ~              2 [1, infinite]!
       ! b: window holds 0 of 8
       ! d: no upper end, "x"
     5  0.1 [0.07738, 0.1226]           ~              2 [1, infinite]!
  step    part                      a           b           c                 d
                                 nats           1           1                 1
     5       1  0.1 [0.07738, 0.1226]           ~              2 [1, infinite]!
       ! b: window holds 5 of 8
       ! d: no upper end, "x"
`, "\n"+b.String())
}
