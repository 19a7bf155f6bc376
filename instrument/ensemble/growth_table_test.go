package ensemble

import (
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"calorimeter/instrument/record"
	"calorimeter/instrument/report"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var updateGrowth = flag.Bool("update", false, "write documentation and figure of growth; with its benchmark the table "+
	"too")

// growthCost is what each part takes, in its unit.
type growthCost [partsMeasured]float64

type growthPart struct {
	column, title string
	limit         float64 // what a user will not wait or pay for
	text          string  // what it grows as, and what is cheaper
}

var growthParts = [partsMeasured]growthPart{
	{column: "step_us", title: "training step, µs", limit: 60e6 / 1200, text: "A training step costs its products of " +
		"matrices, O(B d) for B rows of a batch and d weights: it knows nothing of other replicas, and a run costs as " +
		"many of them as there are replicas. Cheaper: a narrower network, a smaller Batch, fewer steps."},
	{column: "observation_s", title: "observation, s", limit: 60, text: "An observation costs O(E² (K + A/R) d): " +
		"each of E replicas judges the samples of all, K each, and A examples of each of the E/R training sets. Its own " +
		"set, what is held out and its samples cost it a forward pass each. Cheaper: fewer Chains or Examples, which " +
		"widen the intervals of L-info and of M-info; fewer steps to Observe at, which change work and heat, as these " +
		"are sums over intervals; fewer replicas a set, if not under 3, which L-info needs, rather than fewer sets, " +
		"which errors are over."},
	{column: "last_s", title: "last observation, s", limit: 60, text: "The last observation asks every replica for " +
		"all N examples of every set, O(E² N/R d), whatever Examples is, for the memory of single ones. Cheaper: smaller " +
		"training sets; a Pool that they share, whose examples are asked for once."},
	{column: "row_s", title: "its estimates, s", limit: 60, text: "The estimates cost O(E² d) for the Gram matrix of " +
		"the weights (S(Θ)) and a projection of them (M-info), O(R E² K) for the bounds of L-info, and O(E⁴/R) for the " +
		"determinants of a jackknife over E/R sets: two fifths of the whole at 384 replicas, and growing fastest. " +
		"Cheaper: more replicas on fewer sets; fewer steps to Observe at."},
	{column: "nulls_s", title: "nulls, 19 permutations, s", limit: 60, text: "The nulls cost, once in a run, P " +
		"permutations of O(R E² K) for L-info and of O(E² d) for M-info. Cheaper: fewer permutations; 19 are the fewest " +
		"that have a 95 % quantile, and without any the estimates stay as they are."},
	{column: "heap_mib", title: "peak of the heap, MiB", limit: 8192, text: "Memory is O(E d), each weight in " +
		"float64 in the states at the last observation and on the way to the next and in the snapshot, and O(E² K) for " +
		"the cross log-likelihood, of which each processor holds a copy while it permutes; the last observation holds " +
		"O(E² N/R). Cheaper: narrower networks, fewer replicas, fewer Chains."},
}

// growthPoint is a size along an axis.
type growthPoint struct {
	Axis string
	Size int
	Cost growthCost
}

// growthTable is what was measured.
type growthTable struct {
	Setup  string // by what
	Points []growthPoint
}

const mostSizes = 4 // of an axis

const growthFile = "testdata/growth"

// along returns the points of an axis.
func (t *growthTable) along(axis string) (points []growthPoint) {
	for _, p := range t.Points {
		if p.Axis == axis {
			points = append(points, p)
		}
	}
	return points
}

// exponent is the slope of the logarithm of a cost in that of the size, between the two largest, and limit the size at
// which it would come to what is too much, if it goes on so.
func exponent(points []growthPoint, part int) (slope, limit float64) {
	before, last := points[len(points)-2], points[len(points)-1]
	most := float64(last.Size)
	slope = math.Log(last.Cost[part]/before.Cost[part]) / math.Log(most/float64(before.Size))
	return slope, most * math.Pow(growthParts[part].limit/last.Cost[part], 1/slope)
}

// figures are three of v.
func figures(v float64) string {
	return strconv.FormatFloat(v, 'f', max(0, 2-int(math.Floor(math.Log10(math.Abs(v))))), 64)
}

// csv is the table with a row for each size and one for the exponents of each axis.
func (t *growthTable) csv() string {
	var b strings.Builder
	b.WriteString("# " + t.Setup + "\naxis,size")
	for _, part := range growthParts {
		b.WriteString("," + part.column)
	}
	for _, axis := range growthAxes {
		points := t.along(axis.name)
		for _, p := range points {
			fmt.Fprintf(&b, "\n%s,%d", p.Axis, p.Size)
			for _, v := range p.Cost {
				b.WriteString("," + figures(v))
			}
		}
		fmt.Fprintf(&b, "\n%s,exponent", axis.name)
		for part := range growthParts {
			slope, _ := exponent(points, part)
			fmt.Fprintf(&b, ",%.2f", slope)
		}
	}
	return b.String() + "\n"
}

// parseGrowth returns the table of a text that csv gives, its costs to three figures.
func parseGrowth(t testing.TB, text string) (table growthTable) {
	head, rest, _ := strings.Cut(text, "\n")
	table.Setup = strings.TrimPrefix(head, "# ")
	rows, err := csv.NewReader(strings.NewReader(rest)).ReadAll()
	require.NoError(t, err)
	for _, row := range rows[1:] {
		if row[1] == "exponent" {
			continue
		}
		p := growthPoint{Axis: row[0]}
		p.Size, err = strconv.Atoi(row[1])
		require.NoError(t, err)
		for part, cell := range row[2:] {
			p.Cost[part], err = strconv.ParseFloat(cell, 64)
			require.NoError(t, err)
		}
		table.Points = append(table.Points, p)
	}
	return table
}

// doc is the table as documentation.
func (t *growthTable) doc() string {
	var b strings.Builder
	b.WriteString("// # Growth\n//\n" +
		"// Measured by: go test ./instrument/ensemble -run ^$ -bench Growth -benchtime 3s -update\n//\n" +
		"// Written by: go test ./instrument/ensemble -run Growth -update\n//\n")
	writeWrapped(&b, "What the parts of a run take as one size grows and all others are these: 24 replicas, 3 a training "+
		"set of 500 examples, of MADE networks of width 128 on 196 bits; batches of 50, 32 chains, 32 examples of each set "+
		"at an observation, 1,000 held out. The exponent is that of the two largest sizes; the last column is the size at "+
		"which the part comes to a minute (1,200 training steps to a minute, the heap to 8 GiB) if it goes on so, far where "+
		"that is beyond ten times the largest. "+t.Setup+", all of them at work; testdata/growth.png draws it.")
	for _, axis := range growthAxes {
		indent := 8 * (mostSizes - len(axis.sizes))
		fmt.Fprintf(&b, "//\n//\t%-26s%*s", axis.name, indent, "")
		for _, n := range axis.sizes {
			fmt.Fprintf(&b, "%8d", n)
		}
		b.WriteString("  exponent  limit\n")
		points := t.along(axis.name)
		for i, part := range growthParts {
			fmt.Fprintf(&b, "//\t%-26s%*s", part.title, indent, "")
			for _, p := range points {
				fmt.Fprintf(&b, "%8s", figures(p.Cost[i]))
			}
			slope, limit := exponent(points, i)
			size := "far"
			if most := 10 * float64(points[len(points)-1].Size); slope > 0 && limit < most {
				size = fmt.Sprint(10 * math.Round(limit/10))
			}
			fmt.Fprintf(&b, "%10.2f%7s\n", slope, size)
		}
	}
	for _, part := range growthParts {
		b.WriteString("//\n")
		writeWrapped(&b, part.text)
	}
	return b.String() + "package ensemble\n"
}

// writeWrapped writes a comment of at most 120 columns.
func writeWrapped(b *strings.Builder, text string) {
	line := "//"
	for _, word := range strings.Fields(text) {
		if len([]rune(line))+1+len([]rune(word)) > 118 {
			fmt.Fprintln(b, line)
			line = "//"
		}
		line += " " + word
	}
	fmt.Fprintln(b, line)
}

// diagrams show each part over what it takes at the size of the default run.
func (t *growthTable) diagrams() (list []record.Diagram) {
	for _, axis := range growthAxes {
		d := record.Diagram{Figure: "growth", Title: axis.name, X: axis.name, Y: "cost / that of the default run",
			XScale: record.Log, YScale: record.Log}
		points := t.along(axis.name)
		size := defaultSize
		origin := *axis.of(&size)
		for i, part := range growthParts {
			title, _, _ := strings.Cut(part.title, ",")
			line := record.Line{Name: title}
			var base float64
			for _, p := range points {
				if p.Size == origin {
					base = p.Cost[i]
				}
			}
			for _, p := range points {
				line.X, line.Y = append(line.X, float64(p.Size)), append(line.Y, p.Cost[i]/base)
			}
			d.Lines = append(d.Lines, line)
		}
		first, last := float64(axis.sizes[0]), float64(axis.sizes[len(axis.sizes)-1])
		for slope := 1.0; slope <= 2; slope++ {
			guide := record.Line{Name: "slopes 1 and 2", Dashed: true, X: []float64{first, last}}
			for _, n := range guide.X {
				guide.Y = append(guide.Y, math.Pow(n/float64(origin), slope))
			}
			d.Lines = append(d.Lines, guide)
		}
		list = append(list, d)
	}
	return list
}

// draw draws the figure into a folder, as growth.svg and in other forms.
func (t *growthTable) draw(dir string) error {
	if err := record.SaveDiagrams(dir, t.diagrams()); err != nil {
		return err
	}
	_, err := report.Figures(dir, &record.Run{}, &record.History{})
	return err
}

// write writes the table, its figure and its documentation.
func (t *growthTable) write() error {
	dir, err := os.MkdirTemp("", "growth")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := t.draw(dir); err != nil {
		return err
	}
	files := map[string]string{growthFile + ".csv": t.csv(), "doc_growth.go": t.doc()}
	for _, ext := range []string{".svg", ".png"} {
		picture, err := os.ReadFile(filepath.Join(dir, "growth"+ext))
		if err != nil {
			return err
		}
		files[growthFile+ext] = string(picture)
	}
	for name, content := range files {
		if err := record.WriteAtomic(name, func(w io.Writer) error {
			_, err := io.WriteString(w, content)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// The figure and the documentation of growth, and the exponents of the table, are what its figures give; -update writes
// them.
func TestGrowthIsWhatWasMeasured(t *testing.T) {
	text, err := os.ReadFile(growthFile + ".csv")
	require.NoError(t, err)
	table := parseGrowth(t, string(text))
	if *updateGrowth {
		require.NoError(t, table.write())
		return
	}
	assert.Equal(t, table.csv(), string(text))
	doc, err := os.ReadFile("doc_growth.go")
	require.NoError(t, err)
	assert.Equal(t, table.doc(), string(doc), "go test ./instrument/ensemble -run Growth -update")
	dir := t.TempDir()
	require.NoError(t, table.draw(dir))
	drawn, err := os.ReadFile(filepath.Join(dir, "growth.svg"))
	require.NoError(t, err)
	kept, err := os.ReadFile(growthFile + ".svg")
	require.NoError(t, err)
	assert.Equal(t, string(kept), string(drawn), "go test ./instrument/ensemble -run Growth -update")
}

// A cost of known law has its exponent, and comes to its limit where the law says.
func TestExponentOfAKnownLaw(t *testing.T) {
	var points []growthPoint
	for _, n := range []int{10, 20, 80} {
		p := growthPoint{Size: n}
		p.Cost[rowPart] = 0.01 * math.Pow(float64(n), 1.5)
		points = append(points, p)
	}
	points[0].Cost[rowPart] = 100 // small sizes do not count
	slope, limit := exponent(points, rowPart)
	assert.InDelta(t, 1.5, slope, 1e-12)
	assert.InDelta(t, math.Pow(6000, 1/1.5), limit, 1e-9)
}
