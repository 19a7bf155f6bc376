package report

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Deliberate errors, made one at a time by hand, and the tests that caught each:
//
//	FormatFloat with 12 digits instead of -1                    TestCSVRoundTrip
//	NaN written as 0 in curves.csv                              TestCSVRoundTrip, TestCSVFormat
//	NaN written as 0 in the summary                             TestUnknownIsNeverZero
//	settings in another order                                   TestSettingsRoundTrip
//	numbers in settings read as float64                         TestSettingsRoundTrip, TestRunRoundTrip
//	WriteAtomic without removing the temporary file             TestWriteAtomicKeepsTheOldFile
//	WriteAtomic writing to the final path                       TestWriteAtomicKeepsTheOldFile
//	Student's t with D instead of D-1 degrees of freedom        TestHalfWidths
//	errors of both ends of ΔS(Theta) added, not in quadrature   TestTable, TestEntropyChange
//	reference of S(Theta) at row 0 instead of the first known   TestFiguresOfPartialRecords
//	heat shown without its sign turned                          TestTable, TestPageHoldsTheRecord, TestConclusions
//	"saturated" only within 1 % of the ceiling                  TestConclusions
//	a rise within its error called over-fitting                 TestConclusions
//	a reason shown for a quantity that is there                 TestTable, TestAbsencesNameTheReasonOnce
//	step 0 placed by its logarithm                              TestStepScale, TestFiguresOfPartialRecords
//	another slope above the knee than below (log10 for ln)      TestKnee
//	unprintable characters kept in pictures                     TestFiguresEscapeHostileText, TestNumbers
//	rows and columns of an image swapped                        TestSampleGrid
//	no room around a constant curve                             TestConstantCurvesAreDrawn

func csvOf(t require.TestingT, c *Curves) string {
	var b bytes.Buffer
	require.NoError(t, c.WriteCSV(&b))
	return b.String()
}

func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &Curves{Columns: []string{"step"}}
		for i, extra := range rapid.SliceOfN(rapid.StringMatching(`[a-z_",é]{1,8}`), 0, 6).Draw(t, "columns") {
			c.Columns = append(c.Columns, extra+string(rune('0'+i)))
		}
		value := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), math.Pi, 5e-324}))
		step := 0.0
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			row := []float64{step}
			for range c.Columns[1:] {
				row = append(row, value.Draw(t, "value"))
			}
			c.Rows = append(c.Rows, row)
			step += float64(rapid.IntRange(1, 1e6).Draw(t, "step"))
		}
		text := csvOf(t, c)
		back, err := ReadCSV(strings.NewReader(text), "curves.csv")
		require.NoError(t, err)
		require.Equal(t, c.Columns, back.Columns)
		require.Len(t, back.Rows, len(c.Rows))
		for i := range c.Rows {
			for j, want := range c.Rows[i] {
				got := back.Rows[i][j]
				if math.IsNaN(want) {
					require.True(t, math.IsNaN(got))
				} else {
					require.Equal(t, math.Float64bits(want), math.Float64bits(got))
				}
			}
		}
		require.Equal(t, text, csvOf(t, back))
	})
}

func TestCSVFormat(t *testing.T) {
	c := &Curves{Columns: []string{"step", "l_info_lo", "m_info_noise"}, Rows: [][]float64{{0, math.NaN(), math.Inf(1)}, {1000000, 0.1, -2.5e-7}}}
	assert.Equal(t, "step,l_info_lo,m_info_noise\n0,,inf\n1000000,0.1,-2.5e-07\n", csvOf(t, c))
}

func TestCSVErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "c.csv is empty",
		"a,b\n1,2\n":                 `c.csv:1: there is no column "step"`,
		"step,a,a\n":                 `c.csv:1: there are two columns "a"`,
		"step, ,a\n":                 "c.csv:1: column 2 has no name",
		"step,work\n0,1\n1,x\n":      `c.csv:3: column "work": "x" is not a number`,
		"step,work\n0,1\n1\n":        "c.csv:3: 1 fields where the header has 2 columns",
		"step,work\n0.5,1\n":         `c.csv:2: column "step": 0.5 is not a step`,
		"step,work\n-1,1\n":          `c.csv:2: column "step": -1 is not a step`,
		"step,work\n,1\n":            `c.csv:2: column "step": NaN is not a step`,
		"step,work\n4,1\n\n4,1\n":    `c.csv:4: column "step": step 4 comes after step 4`,
		"step,work\n0,\"1\n":         "line 2",
		"step,work\n0,1\n1e400,1e2n": "c.csv:3:",
	} {
		_, err := ReadCSV(strings.NewReader(text), "c.csv")
		if assert.Error(t, err, text) {
			assert.Contains(t, err.Error(), want)
		}
	}
	assert.ErrorContains(t, (&Curves{Columns: []string{"step", "a"}, Rows: [][]float64{{0}}}).WriteCSV(io.Discard), "row 0 has 1 values for 2 columns")
}

func TestCurvesColumns(t *testing.T) {
	_, c := exampleRun()
	assert.Equal(t, 1200.0, c.Column("step")[24])
	assert.False(t, c.Known("no_such_column"))
	assert.Len(t, c.Column("no_such_column"), 25)
	v, row := c.Last("no_such_column")
	assert.True(t, math.IsNaN(v))
	assert.Equal(t, -1, row)
	c.Rows[24][1] = math.NaN()
	v, row = c.Last("train_nll")
	assert.Equal(t, c.Rows[23][1], v)
	assert.Equal(t, 23, row)
}

func TestPinnedColumns(t *testing.T) {
	want := strings.Fields(`step train_nll test_nll work heat entropy_production s_x_given_theta s_theta x_info_lo x_info_hi
		l_info_lo l_info_hi m_info m_info_lo m_info_hi m_info_d_lo m_info_d_hi m_info_noise delta_f ift ift_se`)
	got := PinnedColumns()
	assert.Equal(t, want, got[:len(want)])
	assert.Equal(t, "train_nll_se", got[len(want)])
	assert.NoError(t, (&Curves{Columns: got}).check())
	for _, q := range Quantities() {
		assert.NotEmpty(t, q.Name+q.Meaning, q.Column)
		assert.NotEmpty(t, q.Unit, q.Column)
	}
}

func TestSettingsRoundTrip(t *testing.T) {
	want := Settings{{"z", "0.02"}, {"a", "007"}, {"seed", "18446744073709551615"}, {"json", "true"}, {"e", "1e-05"},
		{"dash", "-"}, {"empty", ""}, {"dot", "1."}, {"text", `"quoted" <b>`}, {"null", "null"}, {"list", "[1]"}}
	data, err := want.MarshalJSON()
	require.NoError(t, err)
	assert.Contains(t, string(data), `"z":0.02,"a":"007","seed":18446744073709551615,"json":true,"e":1e-05,"dash":"-"`)
	var got Settings
	require.NoError(t, got.UnmarshalJSON(data))
	assert.Equal(t, want, got)

	rapid.Check(t, func(t *rapid.T) {
		var want, got Settings
		for range rapid.IntRange(1, 4).Draw(t, "n") {
			want = append(want, Setting{rapid.String().Draw(t, "name"), rapid.OneOf(rapid.String(), rapid.StringMatching(`-?[0-9.]{0,4}(e[0-9])?`)).Draw(t, "value")})
		}
		data, err := want.MarshalJSON()
		require.NoError(t, err)
		require.NoError(t, got.UnmarshalJSON(data))
		require.Equal(t, want, got)
	})
	assert.ErrorContains(t, got.UnmarshalJSON([]byte(`{"a":{}}`)), "setting a is neither")
	assert.ErrorContains(t, got.UnmarshalJSON([]byte(`[]`)), "a JSON object")
}

func TestRunRoundTrip(t *testing.T) {
	dir := t.TempDir()
	run, curves := exampleRun()
	run.Seed = math.MaxUint64
	require.NoError(t, run.Save(dir))
	require.NoError(t, curves.Save(dir))
	gotRun, gotCurves, err := Load(dir)
	require.NoError(t, err)
	assert.Equal(t, run, gotRun)
	assert.Equal(t, csvOf(t, curves), csvOf(t, gotCurves))

	first, err := os.ReadFile(filepath.Join(dir, RunFile))
	require.NoError(t, err)
	require.NoError(t, gotRun.Save(dir))
	second, err := os.ReadFile(filepath.Join(dir, RunFile))
	require.NoError(t, err)
	assert.Equal(t, string(first), string(second))
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	_, _, err := Load(filepath.Join(dir, "nowhere"))
	assert.ErrorContains(t, err, "there is no folder")
	_, _, err = Load(dir)
	assert.ErrorContains(t, err, "is not a run folder: it holds no run.json")

	write := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, RunFile), []byte(text), 0o644))
	}
	write("{\n\"seed\": 1,\n oops}")
	_, _, err = Load(dir)
	assert.ErrorContains(t, err, "run.json:3: not JSON")
	write(`{"seed": "one", "status": "done"}`)
	_, _, err = Load(dir)
	assert.ErrorContains(t, err, "seed")
	write(`{"name": "some other file"}`)
	_, _, err = Load(dir)
	assert.ErrorContains(t, err, "is not the record of a run")
	write(`{"status": "done"}`)
	_, _, err = Load(dir)
	assert.ErrorContains(t, err, "curves.csv is missing")
	write(`{"status": "interrupted", "future_field": [1]}`)
	_, c, err := Load(dir)
	require.NoError(t, err)
	assert.Empty(t, c.Rows)
}

func TestWriteAtomicKeepsTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	write := func(s string, fail error) error {
		return WriteAtomic(path, func(w io.Writer) error {
			io.WriteString(w, strings.Repeat(s, 100_000))
			return fail
		})
	}
	require.NoError(t, write("old", nil))
	full := errors.New("disk full")
	require.ErrorIs(t, write("new", full), full)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("old", 100_000), string(data))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "a temporary file was left behind")
	assert.ErrorContains(t, WriteAtomic(filepath.Join(dir, "no", "f"), func(io.Writer) error { return nil }), "writing")
}

func TestUnknownIsNeverZero(t *testing.T) {
	run, c := exampleRun()
	blank(c, "work", "work_se")
	line, err := Summary("runs/made", run, c)
	require.NoError(t, err)
	assert.Contains(t, string(line), `"work":null`)
	assert.Contains(t, string(line), `"m_info_noise":"inf"`)
	assert.Contains(t, string(line), `"run_folder":"runs/made"`)
	assert.NotContains(t, string(line), "\n")
	assert.Equal(t, unknown, plusMinus(math.NaN(), 1))
	assert.Equal(t, unknown, interval(math.NaN(), math.NaN()))

	line, err = Summary("d", run, &Curves{Columns: []string{"step"}})
	require.NoError(t, err)
	assert.Contains(t, string(line), `"final":null`)
}
