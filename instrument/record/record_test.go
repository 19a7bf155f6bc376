package record

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small is a history of three quantities at two steps: a pinned bound, one of one's own, one without a value.
func small(t *testing.T) *History {
	infos := []Info{
		{Name: "own", Unit: "1", Headline: true},
		{Name: "l_info_lo", Unit: "nats", Bound: Bound{Of: "l_info"}, Ceiling: math.Log(4), Headline: true},
		{Name: "l_info_hi", Unit: "nats", Bound: Bound{Of: "l_info", Upper: true}, Headline: true},
		{Name: "m_info", Unit: "nats"},
		{Name: "m_info_noise", Unit: "nats"},
	}
	h := NewHistory(infos)
	for i, step := range []int{0, 10} {
		x := float64(i)
		require.NoError(t, h.Record(Event{Step: step, Columns: infos, Readings: []Named{
			{Info: infos[0], Reading: estimate.FromSE(x/3, 0.1, 7)},
			{Info: infos[1], Reading: estimate.FromSE(x, 0.2, 3).Warn("few sets: %d", step)},
			{Info: infos[2], Reading: estimate.FromSE(2*x, 0.2, 3).Warn("few sets: %d", step)},
			{Info: infos[3], Reading: estimate.Unknown("no replica")},
			{Info: infos[4], Reading: estimate.Exact(math.Inf(1))},
		}}))
	}
	return h
}

func smallRun(h *History) *Run {
	r := &Run{Program: "test", Status: Done, Quantities: h.Infos(), Units: Units{Name: "training set", Count: 4}}
	r.Warnings, r.Reasons = h.Warnings()
	return r
}

// What is read back from a run folder is what was measured: every value, error, interval and warning.
func TestFolderKeepsEveryEstimate(t *testing.T) {
	dir, h := t.TempDir(), small(t)
	run := smallRun(h)
	require.NoError(t, h.Save(dir))
	require.NoError(t, run.Save(dir))
	gotRun, got, err := Load(dir)
	require.NoError(t, err)
	assert.Equal(t, run.Quantities, gotRun.Quantities)
	assert.Equal(t, run.Warnings, gotRun.Warnings)
	require.Len(t, got.Events(), 2)
	for i, e := range h.Events() {
		for j, want := range e.Readings {
			r := got.Events()[i].Readings[j].Reading
			for name, pair := range map[string][2]float64{
				"value": {want.Reading.Value, r.Value}, "se": {want.Reading.SE, r.SE},
				"lo": {want.Reading.Lo, r.Lo}, "hi": {want.Reading.Hi, r.Hi}, "n": {want.Reading.N, r.N},
			} {
				assert.True(t, pair[0] == pair[1] || math.IsNaN(pair[0]) && math.IsNaN(pair[1]), "%s of %s", name, want.Info.Name)
			}
			assert.Equal(t, want.Reading.Warnings, r.Warnings)
		}
	}
	var before, after bytes.Buffer
	require.NoError(t, WriteCurves(&before, h))
	require.NoError(t, WriteCurves(&after, got))
	assert.Equal(t, before.String(), after.String())
}

// Pinned columns come first and in their order, whatever the order of declaration; the rest have all their numbers.
func TestColumns(t *testing.T) {
	assert.Equal(t, "step,l_info_lo,l_info_hi,m_info,m_info_lo,m_info_hi,m_info_noise,"+
		"l_info_lo_se,l_info_hi_se,m_info_se,m_info_noise_se,own,own_se,own_lo,own_hi",
		strings.Join(Columns(small(t).Infos()), ","))
	var b bytes.Buffer
	require.NoError(t, WriteCurves(&b, small(t)))
	row := strings.Split(strings.Split(b.String(), "\n")[2], ",")
	assert.Equal(t, []string{"10", "1", "2", "", "", "", "inf", "0.2", "0.2", "", "0", "0.3333333333333333"}, row[:12])
}

// The last known reading of a quantity keeps the values of its units, through the folder too; earlier ones do not.
func TestUnitsOfLastReadingsAreKept(t *testing.T) {
	infos := []Info{{Name: "a"}, {Name: "b"}}
	h := NewHistory(infos)
	of := func(units ...float64) estimate.Estimate { return estimate.SkewedMean(units, 0) }
	first := Event{Columns: infos, Readings: []Named{{infos[0], of(1, 2, 3)}, {infos[1], of(4, 5, 6)}}}
	require.NoError(t, h.Record(first))
	require.NoError(t, h.Record(Event{Step: 1, Columns: infos, Readings: []Named{
		{infos[0], of(7, 8, 9)}, {infos[1], estimate.Unknown("not now")},
	}}))
	assert.Equal(t, []float64{1, 2, 3}, first.Readings[0].Reading.Units, "the event is not the history's to change")
	assert.Nil(t, h.Events()[0].Readings[0].Reading.Units)
	dir := t.TempDir()
	require.NoError(t, errors.Join(h.Save(dir), smallRun(h).Save(dir)))
	_, back, err := Load(dir)
	require.NoError(t, err)
	for _, kept := range []*History{h, back} {
		_, a := kept.Last("a")
		_, b := kept.Last("b")
		assert.Equal(t, [][]float64{{7, 8, 9}, {4, 5, 6}}, [][]float64{a.Units, b.Units})
	}

	u := Units{Name: "training set", Count: 8, Draw: "x"}
	assert.True(t, u.Shared(u))
	assert.False(t, u.Shared(Units{Name: "training set", Count: 8, Draw: "y"}))
	assert.False(t, Units{Count: 8}.Shared(Units{Count: 8}), "unknown is not the same")
}

// Warnings of one kind are one, with the quantities that carry them, their steps and the newest numbers.
func TestWarningsAreMergedByKind(t *testing.T) {
	warnings, reasons := small(t).Warnings()
	assert.Equal(t, map[string]string{"m_info": "no replica"}, reasons)
	require.Len(t, warnings, 1)
	assert.Equal(t, Warning{
		Columns: []string{"l_info_lo", "l_info_hi"}, First: 0, Last: 10, Observations: 2,
		Text: "few sets: 10",
	}, warnings[0])
	assert.Equal(t, "l_info_lo, l_info_hi, from step 0 to 10 (2 observations): few sets: 10",
		warnings[0].String())
}

func TestTrusts(t *testing.T) {
	h := small(t)
	run := smallRun(h)
	trusts := Trusts(run, h)
	require.Len(t, trusts, 2, "the bounds are judged together")
	assert.Equal(t, Trust{Quantity: "own", Heading: "own", Level: Pass}, trusts[0])
	assert.Equal(t, CannotTell, trusts[1].Level)
	assert.Equal(t, []string{"few sets: 10"}, trusts[1].Because)

	run.Books = []Check{{Name: "order", Verdict: Fail, Columns: []string{"l_info_hi"}}, {Name: "law", Verdict: CannotTell}}
	trusts = Trusts(run, h)
	assert.Equal(t, "with care", trusts[0].Words())
	assert.Equal(t, "not", trusts[1].Words())
	assert.Contains(t, trusts[1].Because, `the check "order" failed`)
}

func TestBadFolders(t *testing.T) {
	dir, h := t.TempDir(), small(t)
	_, _, err := Load(filepath.Join(dir, "nowhere"))
	assert.ErrorContains(t, err, "there is no folder")
	_, _, err = Load(dir)
	assert.ErrorContains(t, err, "is not a run folder")
	require.NoError(t, os.WriteFile(filepath.Join(dir, RunFile), []byte("{\"status\":\"done\",\n]"), 0o644))
	_, _, err = Load(dir)
	assert.ErrorContains(t, err, "run.json:2: not JSON")
	require.NoError(t, os.WriteFile(filepath.Join(dir, RunFile), []byte(`{"status":"done"}`), 0o644))
	_, _, err = Load(dir)
	assert.ErrorContains(t, err, "older version")
	run := smallRun(h)
	require.NoError(t, run.Save(dir))
	_, _, err = Load(dir)
	assert.ErrorContains(t, err, "readings.jsonl is missing")
	for text, want := range map[string]string{
		`{"step":1,"readings":{"x":{}}}`:                             `readings.jsonl:1: a reading of "x"`,
		"{\"step\":5,\"readings\":{}}\n{\"step\":5,\"readings\":{}}": "readings.jsonl:2: step 5 after step 5",
		`{"step":1,`: "readings.jsonl:1: unexpected end",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, ReadingsFile), []byte(text), 0o644))
		_, _, err = Load(dir)
		assert.ErrorContains(t, err, want)
	}
	run.Status = Interrupted
	require.NoError(t, os.Remove(filepath.Join(dir, ReadingsFile)))
	require.NoError(t, run.Save(dir))
	_, got, err := Load(dir)
	require.NoError(t, err)
	assert.Empty(t, got.Events())
	assert.Len(t, got.Infos(), 5)
}
