package ensemble

import (
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/require"
)

// TestVerdictIsOrderedAsTheTruth gives what is known of memorization, from nothing to much.
func TestVerdictIsOrderedAsTheTruth(t *testing.T) {
	e := func(v, se float64) estimate.Estimate { return estimate.FromSE(v, se, 7) }
	null := map[string]record.Null{"m_info": {Mean: -0.5, Hi: 0.4, Permutations: 19}}
	for _, c := range []struct {
		name   string
		m, mem estimate.Estimate
		nulls  map[string]record.Null
		answer string
		says   []string
	}{
		{name: "not estimated", m: estimate.Unknown("2 training sets are too few"), mem: e(1, 0.1), nulls: null,
			answer: "Cannot tell", says: []string{"2 training sets are too few"}},
		{name: "chance", m: e(0.3, 0.1), mem: e(0.001, 0.01), nulls: null, answer: "Not told from chance",
			says: []string{"0.300", "below 0.400"}},
		{name: "wide", m: e(10, 10), mem: e(0.1, 0.1), nulls: null, answer: "Not seen", says: []string{"10.0"}},
		{name: "traces", m: e(13, 1), mem: e(0.0008, 0.0001), nulls: null, answer: "No",
			says: []string{"at least 10.6 nats", "0.400 nats off the loss of the whole"}},
		{name: "a step", m: e(3, 0.5), mem: e(0.01, 0.001), nulls: null, answer: "No", says: []string{"traces"}},
		{name: "much", m: e(700, 30), mem: e(6, 0.1), nulls: null, answer: "Yes",
			says: []string{"at least 629 nats", "1.26 an example", "207 of the 347 nats"}},
		{name: "no null", m: e(700, 30), mem: e(6, 0.1), answer: "Not held against chance", says: []string{"no null"}},
	} {
		r := sound(0)
		r.Examples, r.CMI = 500, e(207, 3)
		r.MInfo, r.Mem = c.m, c.mem
		f := Memorizes([]*Memorization{&r.Memorization}, c.nulls)
		require.Equal(t, c.answer, f.Answer, c.name)
		for _, words := range c.says {
			require.Contains(t, f.Because, words, c.name)
		}
	}
}
