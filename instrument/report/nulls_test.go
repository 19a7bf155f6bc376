package report

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exampleNulls are what labels dealt at random give in the example.
func exampleNulls(run *Run) {
	run.Nulls = map[string]Null{
		"l_info_lo": {-2.4, -1.9, 19}, "l_info_hi": {0.9, 1.38, 19}, "m_info": {0.4, 0.797, 19},
	}
}

func TestGroupings(t *testing.T) {
	require.Equal(t, 1.0, groupings(1, 5))
	require.Equal(t, 1.0, groupings(4, 1))
	require.Equal(t, 3.0, groupings(2, 2))  // 4!/(2! 2! 2!)
	require.Equal(t, 15.0, groupings(3, 2)) // 6!/(2!^3 3!)
	require.Equal(t, 280.0, groupings(3, 3))
}

func TestNullsAreRecordedAndSaid(t *testing.T) {
	run, _ := exampleRun()
	assert.Empty(t, run.NullWords(), "a record without nulls says nothing")
	exampleNulls(run)
	assert.Equal(t, "Null: with labels dealt at random, L-info's bounds stay below -1.9 and 1.38, X-info's below unknown and unknown, M-info below 0.797 in 95 % of cases (19 permutations of the last observation)", run.NullWords())
	run.Nulls["m_info_d_lo"], run.Nulls["m_info_d_hi"] = Null{0.2, 0.41, 19}, Null{1, 1.9, 19}
	assert.Contains(t, run.NullWords(), "M-info below 0.797 (its bounds on 8 sets below 0.41 and 1.9) in 95 % of cases (19 permutations")
	run.Datasets, run.Replicas = 2, 2
	assert.Contains(t, run.NullWords(), "only 3 ways to deal 4 replicas to 2 sets")

	var b bytes.Buffer
	require.NoError(t, run.WriteJSON(&b))
	assert.Contains(t, b.String(), `"hi": 1.38`)
	back, err := ReadJSON(&b, "run.json")
	require.NoError(t, err)
	assert.Equal(t, run.Nulls, back.Nulls)
	line, err := Summary("d", run, &Curves{Columns: []string{"step"}})
	require.NoError(t, err)
	assert.Contains(t, string(line), `"m_info":{"mean":0.4,"hi":0.797,"permutations":19}`)
}

func TestValuesAgainstTheirNull(t *testing.T) {
	run, _ := exampleRun()
	assert.Equal(t, untested, run.against("m_info", 3))
	exampleNulls(run)
	assert.Equal(t, beyond, run.against("m_info", 0.7971))
	assert.Equal(t, within, run.against("m_info", 0.797), "a permutation may be the true grouping: a tie is no evidence")
	assert.Equal(t, untested, run.against("x_info_lo", 3))
}
