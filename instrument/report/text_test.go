package report

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

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
	run, c := exampleRun()
	var b bytes.Buffer
	require.NoError(t, Table(&b, run, c, 0))
	golden(t, "table.golden", b.String())
	b.Reset()
	require.NoError(t, Table(&b, run, c, 80))
	golden(t, "table80.golden", b.String())
	for _, line := range strings.Split(b.String(), "\n") {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 80)
	}
	b.Reset()
	require.NoError(t, Books(&b, run.Books))
	golden(t, "books.golden", b.String())

	b.Reset()
	require.NoError(t, Table(&b, run, &Curves{Columns: []string{"step"}}, 0))
	assert.Equal(t, "no observation was recorded\n", b.String())
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
		{plusMinus(3, 2e-9), "3.0000 ±2e-09"},
		{plusMinus(3, 0), "3.000"},
		{plusMinus(math.Inf(1), 2), "inf"},
		{number(-0.0001), "-1.00e-04"},
		{number(math.Copysign(0, -1)), "0.000"},
		{interval(-0.001, 14.23), "[0.00, 14.2]"},
		{interval(123.4, math.Inf(1)), "[123, inf]"},
		{interval(math.NaN(), 2), "[~, 2.00]"},
		{brief(116.87), "117"}, {brief(39.42), "39.4"}, {brief(0.0214), "0.0214"}, {brief(-1.977), "-1.98"}, {brief(0), "0.000"},
		{count(1234567), "1,234,567"}, {count(-123), "-123"}, {count(999), "999"},
		{plain("a\x00\x1b[31m\nb\u202e \xff"), "a[31m b"},
		{shellLine([]string{"train", "--out", "it's a; $dir", ""}), `train --out 'it'\''s a; $dir' ''`},
	} {
		assert.Equal(t, c.want, c.got)
	}
}

func TestEntropyChange(t *testing.T) {
	nan := math.NaN()
	c := &Curves{Columns: []string{"step", "s_theta", "s_theta_se"}, Rows: [][]float64{{0, nan, nan}, {1, -5, 3}, {2, -2, 4}, {3, nan, nan}}}
	change, se, ref := entropyChange(c, "s_theta")
	assert.Equal(t, 1, ref)
	assert.Equal(t, []float64{0, 3}, change[1:3])
	assert.Equal(t, []float64{0, 5}, se[1:3])
	assert.True(t, math.IsNaN(change[0]) && math.IsNaN(change[3]) && math.IsNaN(se[0]))

	blank(c, "s_theta")
	change, _, ref = entropyChange(c, "s_theta")
	assert.Equal(t, -1, ref)
	assert.False(t, anyFinite(change))
}

func TestAbsencesNameTheReasonOnce(t *testing.T) {
	run, c := exampleRun()
	blank(c, "m_info", "m_info_lo", "m_info_hi", "m_info_d_lo", "l_info_lo", "work")
	run.Reasons = map[string]string{"m_info": "R = 1", "m_info_lo": "R = 1", "m_info_d_lo": "R = 1", "gradient_noise": "not\x07 tracked", "heat": "it is there"}
	var got []string
	for _, a := range allAbsences(run, c) {
		got = append(got, a.String())
	}
	assert.Equal(t, []string{
		"Work, X-info, L-info, M-info: no value was recorded",
		"M-info, M-info on D sets: R = 1",
		"gradient_noise: not tracked",
	}, got)
}

func TestConclusions(t *testing.T) {
	run, c := exampleRun()
	say := strings.Join(Conclusions(run, c), "\n")
	for _, want := range []string{
		"From step 0 to step 1,200 the training loss went from 136 to 39.4 nats per sample and the test loss from 136 to 58.1",
		"lowest at step 752 and has risen by 0.783 since, within its error",
		"did 20.0 nats of work on the samples, the samples dissipated 117 nats of heat",
		"between 1.88 and 16.1 nats of their training set (L-info, its bounds with their errors); the lower bound is saturated, it cannot pass ln 8 = 2.08",
		"(M-info, 95% interval 5.70 to 11.0)",
		"2 of 3 checks passed; cannot be decided: fluctuation average",
	} {
		assert.Contains(t, say, want)
	}
	blank(c, "test_nll_se")
	for i := range c.Rows {
		c.Rows[i][22] = 0.01
	}
	require.Equal(t, "test_nll_se", c.Columns[22])
	run.Books[1].Verdict = Fail
	run.Status, run.Error = Failed, "loss is NaN at step 1201"
	say = strings.Join(Conclusions(run, c), "\n")
	assert.Contains(t, say, "has risen by 0.783 since: on these examples the model over-fits")
	assert.Contains(t, say, "failed: fluctuation average")
	assert.Contains(t, say, "The run failed after the observation at step 1,200 of 1,200: loss is NaN at step 1201.")

	assert.Equal(t, []string{"The run was interrupted before its first observation; what follows holds up to there.", "No books were kept."},
		Conclusions(&Run{Status: Interrupted}, &Curves{Columns: []string{"step"}}))
}
