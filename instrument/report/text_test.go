package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestTable(t *testing.T) {
	run, h := exampleRun()
	var b bytes.Buffer
	require.NoError(t, Table(&b, run, h, 0))
	golden(t, "table.golden", b.String())
	b.Reset()
	require.NoError(t, Table(&b, run, h, 80))
	golden(t, "table80.golden", b.String())
	for _, line := range strings.Split(b.String(), "\n") {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 80)
	}
	b.Reset()
	require.NoError(t, Table(&b, run, h, 20))
	head, _, _ := strings.Cut(b.String(), "\n")
	assert.Equal(t, []string{"step", "training", "loss", "test", "loss"}, strings.Fields(head), "those of rank 1 stay")
	b.Reset()
	require.NoError(t, Books(&b, run.Books))
	golden(t, "books.golden", b.String())
	b.Reset()
	cycles, ch, _ := exampleCycles()
	require.NoError(t, Table(&b, cycles, ch, 120))
	golden(t, "cycles.golden", b.String())

	b.Reset()
	require.NoError(t, Table(&b, run, upTo(h, 0, 0), 0))
	assert.Equal(t, "no observation was recorded\n", b.String())
}

func TestSummary(t *testing.T) {
	run, h := exampleRun()
	data, err := Summary("runs/made", run, h)
	require.NoError(t, err)
	assert.NotContains(t, string(data), "\n")
	var got struct {
		Folder   string `json:"run_folder"`
		Status   string
		Final    map[string]any
		Books    []record.Check
		Nulls    map[string]record.Null
		Warnings []string
	}
	require.NoError(t, json.Unmarshal(data, &got))
	assert.Equal(t, "runs/made", got.Folder)
	assert.Equal(t, run.Books, got.Books)
	assert.Equal(t, run.Nulls, got.Nulls)
	assert.Len(t, got.Warnings, 2)
	assert.Len(t, got.Final, len(record.Columns(h.Infos())))
	last, _ := h.Events()[24].Of("test_nll")
	assert.Equal(t, 1200.0, got.Final["step"])
	assert.Equal(t, last.Value, got.Final["test_nll"])
	assert.Equal(t, last.SE, got.Final["test_nll_se"])
	assert.Equal(t, "inf", got.Final["m_info_noise"])
	assert.Nil(t, got.Final["x_info_lo"])
	data, err = Summary("x", run, upTo(h, 0, 0))
	require.NoError(t, err)
	assert.Contains(t, string(data), `"final":null`)
}

func TestThin(t *testing.T) {
	assert.Equal(t, []int{0, 1, 2}, thin(3, 15))
	assert.Equal(t, []int{0}, thin(1, 15))
	rows := thin(1000, 15)
	assert.Len(t, rows, 15)
	assert.Equal(t, 0, rows[0])
	assert.Equal(t, 999, rows[14])
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{plusMinus(135.4567, 0.034), "135.46 ±0.03"},
		{plusMinus(1.98123, 0.0412), "1.981 ±0.041"},
		{plusMinus(12345, 678), "12345 ±678"},
		{plusMinus(100, 0.0012), "100.000 ±0.001"},
		{plusMinus(3, 2e-9), "3.000 ±2e-09"},
		{plusMinus(3, 0), "3.000"},
		{plusMinus(math.Inf(1), 2), "inf"},
		{number(-0.0001), "-1.00e-04"},
		{number(math.Copysign(0, -1)), "0.000"},
		{bounds(-0.001, 14.23), "[-0.001, 14.2]"},
		{bounds(0, 0.123), "[0.00, 0.12]"},
		{bounds(123.4, math.Inf(1)), "[123, inf]"},
		{bounds(math.NaN(), 2), "[~, 2.00]"},
		{withInterval(lopsided(8.1512, 1, 2.4, 2.9)), "8.2 [5.8, 11.1]"},
		{withInterval(lopsided(0.0321, 1, 0.0012, 0.002)), "0.0321 [0.0309, 0.0341]"},
		{withInterval(lopsided(12345, 1, 300, 500)), "12345 [12045, 12845]"},
		{withInterval(lopsided(2, 1, 1, math.Inf(1))), "2.000 [1.000, inf]"},
		{withInterval(estimate.Exact(0)), "0.000"},
		{withInterval(estimate.Unknown("none")), "~"},
		{count(1234567), "1,234,567"}, {count(-123), "-123"}, {count(999), "999"},
		{plain("a\x00\x1b[31m\nb\u202e \xff"), "a[31m b"},
		{shellLine([]string{"train", "--out", "it's a; $dir", ""}), `train --out 'it'\''s a; $dir' ''`},
	} {
		assert.Equal(t, c.want, c.got)
	}
}

func TestAbsencesNameTheReasonOnce(t *testing.T) {
	run, h := exampleRun()
	run.Reasons = map[string]string{"m_info": "R = 1", "gap_bound": "not\x07 tracked", "heat": "it is there"}
	blank(h, "R = 1", "m_info", "m_info_d_lo")
	assert.Equal(t, []string{
		"Bound on the gap: not tracked",
		"Training accuracy; test accuracy; X-info, lower bound; X-info, upper bound: not measured",
		"M-info, Gaussian estimate; M-info on D sets, lower bound: R = 1",
	}, absences(run, h, h.Infos()))
}

func TestPairs(t *testing.T) {
	_, h := exampleRun()
	all := shownOf(h.Infos(), func(record.Info) bool { return true })
	var pairs []string
	for _, s := range all {
		if s.upper != nil {
			pairs = append(pairs, s.name()+" "+s.heading())
			assert.False(t, s.lower.Bound.Upper)
			assert.True(t, s.upper.Bound.Upper)
		}
	}
	assert.Equal(t, []string{"x_info X-info", "l_info L-info", "m_info_d M-info on D sets"}, pairs)
	infos := []record.Info{{Name: "b", Bound: record.Bound{Of: "x", Upper: true}}, {Name: "a",
		Bound: record.Bound{Of: "x"}}}
	turned := shownOf(infos, func(record.Info) bool { return true })
	require.Len(t, turned, 1)
	assert.Equal(t, []string{"a", "b"}, turned[0].names(), "whichever is declared first")
	one := shownOf(infos, func(i record.Info) bool { return i.Name == "b" })
	require.Len(t, one, 1)
	assert.Equal(t, "b", one[0].name(), "a bound without its partner")
}
