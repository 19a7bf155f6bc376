package information

import (
	"math"
	"math/rand/v2"
	"sort"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"
)

// table is a joint distribution of rows x columns: a share of the probability on the diagonal, the rest even, every
// cell multiplied by exp(spread) of a normal number.
func table(rng *rand.Rand, rows, columns int, diagonal, spread float64) (p []float64, information float64) {
	p = make([]float64, rows*columns)
	sum := 0.0
	px, py := make([]float64, rows), make([]float64, columns)
	for j := range p {
		p[j] = (1 - diagonal) / float64(columns)
		if j%columns == j/columns%columns {
			p[j] += diagonal
		}
		if spread > 0 {
			p[j] *= math.Exp(spread * rng.NormFloat64())
		}
		sum += p[j]
	}
	for j := range p {
		p[j] /= sum
		px[j/columns] += p[j]
		py[j%columns] += p[j]
	}
	for j, v := range p {
		if v > 0 {
			information += v * math.Log(v/(px[j/columns]*py[j%columns]))
		}
	}
	return p, information
}

// skewed is a joint distribution whose rows have probabilities that fall as 1/x^power: y = x mod columns, but for a
// share of noise, which is even.
func skewed(rows, columns int, noise, power float64) (p []float64, information float64) {
	p, _ = table(nil, rows, columns, 1-noise, 0)
	sum, py := 0.0, make([]float64, columns)
	for x := range rows {
		sum += math.Pow(float64(x+1), -power)
	}
	for j := range p {
		p[j] *= float64(rows) * math.Pow(float64(j/columns+1), -power) / sum
		py[j%columns] += p[j]
	}
	for j, v := range p {
		if v > 0 {
			information += v * math.Log(v*sum*math.Pow(float64(j/columns+1), power)/py[j%columns])
		}
	}
	return p, information
}

func draw(rng *rand.Rand, p []float64, columns, pairs int) *Counts {
	c := &Counts{Columns: columns, N: make([]int, len(p))}
	cumulated := floats.CumSum(make([]float64, len(p)), p)
	for range pairs {
		c.N[min(sort.SearchFloat64s(cumulated, rng.Float64()), len(p)-1)]++
	}
	return c
}

// N = 8: (2 1 / 1 4). p_xy = (1/4, 1/8, 1/8, 1/2), margins (3/8, 5/8) twice.
//
//	PlugIn    = 1/4 ln(16/9) + 1/4 ln(8/15) + 1/2 ln(32/25)
//	V         = 1/4 ln^2(16/9) + 1/4 ln^2(8/15) + 1/2 ln^2(32/25) - PlugIn^2,  g = V/(2 PlugIn) = 1.0587
//	f1 = 2, f2 = 1, but a table of 4 has no more than 4 cells: Corrected = PlugIn - (4 - 2 - 2 + 1)/16
//	nu = 1: SE^2 = 2 g I/N + 1/(2 64) with I = 0.110... - 1/16
func TestCountInformationSmallExactCase(t *testing.T) {
	ln := math.Log
	c := &Counts{Columns: 2, N: []int{2, 1, 1, 4}}
	plugIn := ln(16.0/9)/4 + ln(8.0/15)/4 + ln(32.0/25)/2
	r := c.Information()
	assert.InDelta(t, plugIn, r.PlugIn, 1e-14)
	value := plugIn - 1.0/16
	assert.InDelta(t, value, r.Corrected.Value, 1e-14)
	assert.Equal(t, math.Ln2, r.Ceiling)
	assert.Equal(t, 8.0, r.Corrected.N)
	v := ln(16.0/9)*ln(16.0/9)/4 + ln(8.0/15)*ln(8.0/15)/4 + ln(32.0/25)*ln(32.0/25)/2 - plugIn*plugIn
	_, g := c.dispersion([]int{3, 5}, []int{3, 5}, 8, 0)
	assert.InDelta(t, v/(2*plugIn), g, 1e-13)
	_, smooth := c.dispersion([]int{3, 5}, []int{3, 5}, 8, 0.5)
	g = max(g, smooth)
	assert.InDelta(t, math.Sqrt(2*g*value/8+1.0/128), r.Corrected.SE, 1e-14)

	// Chao: 3 seen, f1 = 3, f2 = 0 makes 3 + 3*2/2 = 6.
	assert.InDelta(t, 5.0/6, chaoMadow([]int{1, 1, 1, 0, 0, 0, 0, 0}, 3), 1e-15)
	assert.InDelta(t, 3.0/6, chaoMadow([]int{1, 1, 1, 0}, 3), 1e-15, "no more than the table has")

	identical := &Counts{Columns: 4, N: []int{500, 0, 0, 0, 0, 500, 0, 0, 0, 0, 500, 0, 0, 0, 0, 500}}
	same := identical.Information()
	assert.InDelta(t, math.Log(4), same.PlugIn, 1e-12)
	assert.Contains(t, same.Corrected.Warnings[0], "within 10 % of its ceiling 1.39 nats")
	assert.True(t, same.Corrected.Covers(math.Log(4)))
}

func TestCountInformationProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(1, 6).Draw(t, "columns")
		c := &Counts{Columns: columns, N: rapid.SliceOfN(rapid.IntRange(0, 30), columns*2, columns*2).Draw(t, "counts")}
		r := c.Information()
		if _, _, total := c.margins(); total < 2 {
			assert.False(t, r.Corrected.Known())
			return
		}
		e := r.Corrected
		assert.LessOrEqual(t, r.PlugIn, r.Ceiling+1e-12)
		assert.LessOrEqual(t, e.Value, r.Ceiling)
		assert.True(t, e.Lo <= e.Value && e.Value <= e.Hi && e.SE >= 0, "%v", e)
		transposed := &Counts{Columns: 2, N: make([]int, len(c.N))}
		for j, n := range c.N {
			transposed.N[j%columns*2+j/columns] = n
		}
		other := transposed.Information()
		assert.InDelta(t, r.PlugIn, other.PlugIn, 1e-12)
		assert.InDelta(t, e.Hi, other.Corrected.Hi, 1e-9)
		assert.InDelta(t, e.Lo, other.Corrected.Lo, 1e-9)
	})
}

// Mean and coverage against known joint distributions, from independence to nearly deterministic, even and uneven.
//
//	deliberate error                                    caught by
//	plug-in with p_x for p_x p_y                        SmallExactCase, Properties, IsCalibrated
//	no correction for bias, or of the opposite sign     SmallExactCase, IsCalibrated, NullOfCounts
//	seen cells alone (no Chao)                          SmallExactCase, IsCalibrated
//	another denominator than 2 (f2 + 1)                 SmallExactCase
//	nu/N^2 for nu/(2 N^2)                               SmallExactCase
//	variance at the estimate (no Wilson)                IsCalibrated
//	g not smoothed                                      SmallExactCase, IsCalibrated
//	V without - PlugIn^2                                SmallExactCase, IsCalibrated
//	permutation leaves the order                        NullOfCounts
//	no spreading of the pairs in rare cells             OfSkewedTables (36 % for 95 %)
//	spread by rows alone                                Properties
//	spread evenly, not as the other margin              SpreadSmallExactCase
//	cells of 5 pairs taken for rare                     SpreadSmallExactCase
//	b(e) without - e ln e, or cut off at k = e          Excess, SpreadSmallExactCase
func TestCountInformationIsCalibrated(t *testing.T) {
	type task struct {
		rows, columns, pairs int
		diagonal, spread     float64
	}
	tasks := []task{
		{rows: 2, columns: 2, pairs: 100, diagonal: 0, spread: 0},
		{rows: 2, columns: 2, pairs: 1000, diagonal: 0.05, spread: 0},
		{rows: 10, columns: 10, pairs: 1000, diagonal: 0.95, spread: 0},
		{rows: 30, columns: 10, pairs: 2000, diagonal: 0.9, spread: 0},
		{rows: 30, columns: 10, pairs: 1000, diagonal: 0.05, spread: 1.2},
	}
	repetitions := 500
	if !testing.Short() {
		tasks = append(tasks, []task{
			{rows: 2, columns: 2, pairs: 3000, diagonal: 0.3, spread: 1},
			{rows: 3, columns: 4, pairs: 300, diagonal: 0, spread: 0},
			{rows: 3, columns: 4, pairs: 300, diagonal: 0.8, spread: 1.2},
			{rows: 10, columns: 10, pairs: 1000, diagonal: 0, spread: 0},
			{rows: 10, columns: 10, pairs: 1000, diagonal: 0.3, spread: 1},
			{rows: 30, columns: 10, pairs: 3000, diagonal: 0.05, spread: 0},
			{rows: 30, columns: 10, pairs: 3000, diagonal: 0.95, spread: 0},
			{rows: 30, columns: 10, pairs: 3000, diagonal: 0.8, spread: 1.2},
			{rows: 30, columns: 10, pairs: 10000, diagonal: 0.7, spread: 1},
		}...)
	}
	for _, task := range tasks {
		rng := rand.New(rand.NewPCG(1, uint64(task.pairs)))
		p, truth := table(rng, task.rows, task.columns, task.diagonal, task.spread)
		covered, warned := 0, 0
		var errors []float64
		for range repetitions {
			e := draw(rng, p, task.columns, task.pairs).Information().Corrected
			if e.Covers(truth) {
				covered++
			}
			if e.Value < 0.9*math.Log(float64(min(task.rows, task.columns))) {
				warned += len(e.Warnings)
			}
			errors = append(errors, e.Value-truth)
		}
		coverage := float64(covered) / float64(repetitions)
		mean, sd := stat.MeanStdDev(errors, nil)
		t.Logf("%+v: truth %.4f, mean error %.4f, sd %.4f, coverage %.3f", task, truth, mean, sd, coverage)
		assert.GreaterOrEqual(t, coverage, 0.92, "%+v", task)
		most := 0.985
		if 20*task.rows*task.columns > task.pairs { // some cells may be rare
			most = 0.995
		}
		assert.LessOrEqual(t, coverage, most, "%+v", task)
		assert.Less(t, math.Abs(mean), sd, "%+v", task)
		assert.Zero(t, warned, "%+v", task)
	}
}

// In a table of a few frequent rows and many rare ones the correction of Miller and Madow falls short; the interval
// covers all the same.
func TestCountInformationOfSkewedTables(t *testing.T) {
	type task struct {
		rows, columns, pairs int
		noise, power         float64
	}
	tasks := []task{
		{rows: 64, columns: 10, pairs: 1000, noise: 0.3, power: 1},
		{rows: 64, columns: 10, pairs: 4000, noise: 1, power: 2},
	}
	if !testing.Short() {
		tasks = append(tasks, []task{
			{rows: 64, columns: 10, pairs: 4000, noise: 0.3, power: 1},
			{rows: 64, columns: 10, pairs: 1000, noise: 0.05, power: 1},
			{rows: 64, columns: 10, pairs: 1000, noise: 0.9, power: 2},
			{rows: 64, columns: 10, pairs: 8000, noise: 0.9, power: 2},
			{rows: 64, columns: 10, pairs: 2000, noise: 0.9, power: 1},
			{rows: 64, columns: 10, pairs: 8000, noise: 0.3, power: 2},
			{rows: 20, columns: 5, pairs: 500, noise: 0.3, power: 1},
			{rows: 200, columns: 20, pairs: 20000, noise: 0.3, power: 1},
		}...)
	}
	const repetitions = 250
	for _, task := range tasks {
		rng := rand.New(rand.NewPCG(5, uint64(task.pairs)))
		p, truth := skewed(task.rows, task.columns, task.noise, task.power)
		covered, beyond := 0, 0
		for range repetitions {
			e := draw(rng, p, task.columns, task.pairs).Information().Corrected
			if e.Covers(truth) {
				covered++
			}
			if math.Abs(e.Value-truth) > 1.96*e.SE {
				beyond++
			}
		}
		t.Logf("%+v: truth %.4f, coverage %.3f, value beyond 1.96 SE in %.3f",
			task, truth, float64(covered)/repetitions, float64(beyond)/repetitions)
		assert.GreaterOrEqual(t, float64(covered)/repetitions, 0.92, "%+v", task)
	}
}

// b(e) by its definition, near 0, and where it is told by its series.
func TestExcess(t *testing.T) {
	for _, e := range []float64{0.01, 1, 7.5, 20, 20.01, 60} {
		p, want := math.Exp(-e), -e*math.Log(e)
		for k := 1.0; k < 400; k++ {
			p *= e / k
			want += p * k * math.Log(k)
		}
		assert.InDelta(t, want, excess(e), 1e-5, "e = %v", e)
	}
	assert.InDelta(t, 0.5, excess(1e6), 1e-6)
	assert.InDelta(t, 1e-6*math.Log(1e6), excess(1e-6), 1e-11)
	assert.Zero(t, excess(0))
}

// N = 20, columns (11, 3, 6). First row (9 1 2): 3 pairs in two rare cells, of margin 9, 1 and 2 of them. Second (1 1
// 0): 2 pairs in three, of 20. Third (1 1 4): all rare. Cells of 5 pairs are not rare.
func TestSpreadSmallExactCase(t *testing.T) {
	c := &Counts{Columns: 3, N: []int{9, 1, 2, 1, 1, 0, 1, 1, 4}}
	b := excess
	want := b(9) + b(3*3.0/9) + b(3*6.0/9) + b(2*11.0/20) + b(2*3.0/20) + b(2*6.0/20) +
		b(6*11.0/20) + b(6*3.0/20) + b(6*6.0/20)
	assert.InDelta(t, (want-0.5)/20, c.spread([]int{11, 3, 6}, 20), 1e-14)
	assert.InDelta(t, (b(12)+b(2)+b(6)-0.5)/20, spreadMargin([]int{12, 2, 6}, 20), 1e-14)
	assert.InDelta(t, (b(5)+b(7)-0.5)/12, (&Counts{Columns: 2, N: []int{5, 7}}).spread([]int{5, 7}, 12), 1e-14)
	assert.InDelta(t, (b(5)+b(4*9.0/11)+b(4*2.0/11)-0.5)/9,
		(&Counts{Columns: 3, N: []int{5, 4, 0}}).spread([]int{5, 9, 2}, 9), 1e-14)
	assert.Equal(t, &Counts{Columns: 3, N: []int{1, 3, 5, 2, 4, 6}},
		(&Counts{Columns: 2, N: []int{1, 2, 3, 4, 5, 6}}).transposed())
}

// Where there are too few pairs the interval may miss, and says so. Nothing lies outside what a table can hold: with a
// correction that has no floor the first comes out at -3.6 on average, and down to -5.1.
func TestCountInformationWarnsOfFewPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, c := range []struct {
		rows, pairs int
		diagonal    float64
	}{
		{rows: 300, pairs: 200}, {rows: 300, pairs: 200, diagonal: 0.6}, {rows: 64, pairs: 64}, {rows: 8, pairs: 8},
		{rows: 30, pairs: 300, diagonal: 0.05},
	} {
		p, truth := table(rng, c.rows, 10, c.diagonal, 0)
		covered := 0
		for range 50 {
			r := draw(rng, p, 10, c.pairs).Information()
			e := r.Corrected
			require.NotEmpty(t, e.Warnings)
			assert.Contains(t, e.Warnings[0], "too few")
			assert.True(t, 0 <= e.Lo && e.Lo <= e.Value && e.Value <= e.Hi && e.Hi <= r.Ceiling, "%+v: %v", c, e)
			if e.Covers(max(0, truth)) {
				covered++
			}
		}
		assert.GreaterOrEqual(t, covered, 46, "%+v", c)
	}

	one := (&Counts{Columns: 2, N: []int{7, 3, 0, 0}}).Information()
	assert.Zero(t, one.PlugIn)
	assert.Contains(t, one.Corrected.Warnings[0], "a single value")
	assert.False(t, (&Counts{Columns: 2, N: []int{0, 1, 0, 0}}).Information().Corrected.Known())
	assert.Panics(t, func() { (&Counts{Columns: 2, N: []int{1, 2, 3}}).Information() })
	assert.Panics(t, func() { (&Counts{Columns: 1, N: []int{1, -2}}).Information() })
}

// The null of a table of independent variables holds its estimate in nine of ten cases; that of dependent ones lies
// about 0 and below the estimate.
func TestNullOfCounts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	p, _ := table(rng, 4, 5, 0, 0)
	const tables = 200
	beyond := 0
	for range tables {
		c := draw(rng, p, 5, 200)
		if null := c.Null(39, rng); c.Information().Corrected.Value > null.Hi {
			beyond++
		}
	}
	assert.InDelta(t, 0.05, float64(beyond)/tables, 0.05)
	p, truth := table(rng, 4, 5, 0.5, 0)
	c := draw(rng, p, 5, 1000)
	null := c.Null(99, rng)
	assert.InDelta(t, 0, null.Value, 5*null.SE/math.Sqrt(99)+0.001)
	assert.Greater(t, truth, 10*null.Hi)
	assert.Greater(t, c.Information().Corrected.Lo, null.Hi)
	assert.False(t, (&Counts{Columns: 1, N: []int{1}}).Null(9, rng).Known())
	assert.Panics(t, func() { c.Null(0, rng) })
}
