package report

import (
	"bytes"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, made one at a time, and the tests that caught each:
//
//	corners of q before and after the step exchanged     TestDiagramCorners
//	energy on the entropy axis                           TestDiagramCorners
//	Student's t with R instead of R-1 degrees of freedom TestDiagramCorners
//	last window taken from the middle                    TestWindows
//	efficiency since the start as that of a window       TestCycleConclusions
//	magnified axis without its factor of a thousand      TestExpansionIsMagnified
//	error of the work left out of the magnified axis     TestExpansionIsMagnified
//	windows drawn each to its own scale                  TestACollapsedCycleIsSeenToShrink

// exampleCycles is the record of a run as self-supervised learning makes it: three replicas, 24 windows, K = 16 labels.
// Its curves are smooth formulas that obey the identities of a real record: the first law, W - dF = KL(q||p') - KL(q||p),
// and the sums.
func exampleCycles() (*Run, *Curves) {
	run, _ := exampleRun()
	run.Model, run.Datasets, run.Replicas, run.Chains, run.Steps = "swav", 1, 3, 0, 2400
	run.Reasons, run.Warnings = map[string]string{}, nil
	const labels = 16
	c := &Curves{Columns: CycleColumns(labels)}
	rng := rand.New(rand.NewPCG(1, 2))
	var fields [labels]float64
	for k := range fields {
		fields[k] = 1.4 * rng.NormFloat64()
	}
	slices.Sort(fields[:])
	sum := map[string]float64{}
	last := 0.0
	for i := range 25 {
		step := math.Round(math.Pow(2400, float64(i)/24))
		if i == 0 {
			step = 0
		} else if step <= last {
			step = last + 1
		}
		n := step - last
		learned := 1 - math.Exp(-math.Pow(step/300, 0.8))
		sp, sq := math.Log(16)-0.1-1.5*learned, math.Log(16)-0.9-1.5*learned
		kl := 1.6 - 1.1*learned
		extracted := 0.006*(1-learned) + 0.0009
		ep := -1.2 - 3*learned
		qIn := kl - (sp - sq)
		dF := -0.004 * (1 - learned)
		work := dF - extracted
		sp2 := sp - 0.002*(1-learned)
		qOut := sp2 - sq - (kl - extracted)
		row := map[string]float64{
			"step": step, "cycles": n, "replicas": 3,
			"energy_p": ep, "energy_q": ep + qIn, "energy_q2": ep + qIn + work, "energy_p2": ep + qIn + work + qOut,
			"entropy_p": sp, "entropy_q": sq, "entropy_p2": sp2, "q_in": qIn, "work": work, "q_out": qOut, "delta_f": dF,
			"kl_before": kl, "kl_after": kl - extracted, "tau_q": 0.5 - 0.2*learned, "tau_q2": 0.5 - 0.2*learned - 0.002,
			"extracted": extracted, "efficiency": extracted / kl, "sigma_measure": -kl, "sigma_thermalise": kl - extracted,
			"gge_residual": 3e-14, "marginal_error": 0.004, "occupation_entropy": math.Log(16) - 0.01,
		}
		for _, name := range []string{"q_in", "work", "q_out", "delta_f", "extracted", "kl_before"} {
			column := "sum_" + name
			if name == "kl_before" {
				column = "sum_bought"
			}
			sum[column] += row[name] * n
			row[column], row[column+"_se"] = sum[column], 0.01*math.Abs(sum[column])
		}
		if i == 0 {
			row = map[string]float64{"step": 0, "cycles": 0, "replicas": 3}
		}
		row["probe_random"], row["knn_random"], row["mi_ceiling"] = 0.78, 0.72, math.Log(10)
		row["probe"], row["probe_se"] = 0.78+0.13*learned, 0.004
		row["probe_gain"], row["probe_gain_se"] = 0.13*learned, 0.005
		row["knn"], row["knn_se"] = 0.72+0.16*learned, 0.005
		row["mi"], row["mi_se"] = 0.4+1.3*learned, 0.03
		for k, f := range fields {
			row["lambda_"+strconv.Itoa(k)], row["lambda_"+strconv.Itoa(k)+"_se"] = f*learned, 0.1*learned
		}
		for _, name := range []string{"energy_p", "energy_q", "energy_q2", "energy_p2", "entropy_p", "entropy_q", "entropy_p2", "tau_q", "tau_q2", "kl_before", "kl_after", "q_in", "q_out"} {
			row[name+"_se"] = 0.03 * (1 + learned)
		}
		for _, name := range []string{"work", "delta_f", "extracted", "efficiency"} {
			row[name+"_se"] = 0.1 * math.Abs(row[name])
		}
		values := make([]float64, len(c.Columns))
		for j, name := range c.Columns {
			v, ok := row[name]
			if values[j] = v; !ok || i == 0 && slices.Contains([]string{"work_se", "extracted_se"}, name) {
				values[j] = math.NaN()
			}
		}
		c.Rows = append(c.Rows, values)
		last = step
	}
	return run, c
}

// cycleSVG draws a figure and requires well-formed XML without a coordinate that is not a number.
func cycleSVG(t *testing.T, name string, run *Run, c *Curves) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, newCycleFigure(name, run, c).svg(&b))
	requireXML(t, b.String())
	for _, tag := range strings.Split(b.String(), "<")[1:] {
		attributes, _, _ := strings.Cut(tag, ">")
		for _, bad := range []string{"NaN", "Inf", "e+"} {
			require.NotContains(t, attributes, bad, name)
		}
	}
	return b.String()
}

func TestCycleFiguresAreWrittenAndDeterministic(t *testing.T) {
	run, c := exampleCycles()
	dir := t.TempDir()
	files, err := CycleFigures(dir, run, c)
	require.NoError(t, err)
	require.Len(t, files, 2*len(cycleFigures))
	for _, figure := range cycleFigures {
		svg, err := os.ReadFile(filepath.Join(dir, figure.Name+".svg"))
		require.NoError(t, err)
		assert.Equal(t, string(svg), cycleSVG(t, figure.Name, run, c))
		f, err := os.Open(filepath.Join(dir, figure.Name+".png"))
		require.NoError(t, err)
		img, err := png.Decode(f)
		f.Close()
		require.NoError(t, err)
		assert.Greater(t, img.Bounds().Dx(), 900)
	}
	energy := cycleSVG(t, "cycle_energy", run, c)
	for _, text := range []string{"measure + heat", "expand", "thermalise", "Early: step 1", "Late: steps ", "entropy S (nats)", "mean energy E (nats)", "95% over 3 replicas", "reversible work"} {
		assert.Contains(t, energy, text)
	}
	assert.Contains(t, cycleSVG(t, "cycle_temperature", run, c), "temperature τ")
	assert.Contains(t, cycleSVG(t, "cycle_fields", run, c), "the 14 fields between")
	_, err = CycleFigures(dir, run, &Curves{Columns: []string{"work"}})
	assert.ErrorContains(t, err, "cannot be drawn")
}

func TestCycleFiguresOfPartialRecords(t *testing.T) {
	cases := map[string]func(*Run, *Curves){
		"no rows":       func(_ *Run, c *Curves) { c.Rows = nil },
		"step 0 alone":  func(r *Run, c *Curves) { c.Rows = c.Rows[:1]; r.Status = Interrupted },
		"one window":    func(_ *Run, c *Curves) { c.Rows = c.Rows[5:6] },
		"two windows":   func(_ *Run, c *Curves) { c.Rows = c.Rows[5:7] },
		"only step":     func(_ *Run, c *Curves) { c.Columns = c.Columns[:1]; cut(c, 1) },
		"all unknown":   func(_ *Run, c *Curves) { blank(c, c.Columns[1:]...) },
		"one replica":   func(_ *Run, c *Curves) { setColumn(c, "replicas", 1) },
		"many replicas": func(_ *Run, c *Curves) { setColumn(c, "replicas", 1000) },
		"zero":          func(_ *Run, c *Curves) { set(c, 0) },
		"constant":      func(_ *Run, c *Curves) { set(c, 7) },
		"infinite":      func(_ *Run, c *Curves) { set(c, math.Inf(1)) },
		"huge":          func(_ *Run, c *Curves) { set(c, 1e300) },
		"tiny":          func(_ *Run, c *Curves) { set(c, 1e-300) },
		"no work":       func(_ *Run, c *Curves) { blank(c, "work", "delta_f", "extracted", "efficiency") },
		"no errors":     func(_ *Run, c *Curves) { c.Columns = c.Columns[:len(cycleQuantities)]; cut(c, len(c.Columns)) },
		"one-hot labels": func(_ *Run, c *Curves) {
			setColumn(c, "entropy_q", 0)
			setColumn(c, "tau_q", 0)
			setColumn(c, "tau_q2", 0)
		},
		"uniform labels":  func(_ *Run, c *Curves) { setColumn(c, "tau_q", math.Inf(1)); setColumn(c, "tau_q2", math.Inf(1)) },
		"bought nothing":  func(_ *Run, c *Curves) { setColumn(c, "sum_bought", 0); blank(c, "efficiency") },
		"a learning loss": func(_ *Run, c *Curves) { setColumn(c, "work", 0.01); setColumn(c, "extracted", -0.014) },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			run, c := exampleCycles()
			spoil(run, c)
			for _, figure := range cycleFigures {
				cycleSVG(t, figure.Name, run, c)
			}
			CycleConclusions(run, c)
			if len(c.Rows) < 2 || !c.Known("work") {
				require.NoError(t, WriteCycleHTML(t.TempDir(), run, c))
			}
		})
	}
	run, c := exampleCycles()
	blank(c, "tau_q")
	assert.Contains(t, cycleSVG(t, "cycle_temperature", run, c), "Temperature of the target: no value was recorded")
	setColumn(c, "tau_q", 0)
	setColumn(c, "entropy_q", 0)
	assert.Contains(t, cycleSVG(t, "cycle_temperature", run, c), "The self-label is certain")
	setColumn(c, "tau_q", math.Inf(1))
	assert.Contains(t, cycleSVG(t, "cycle_temperature", run, c), "is infinite: they are uniform")
	blank(c, lambdaColumns(c)...)
	assert.Contains(t, cycleSVG(t, "cycle_fields", run, c), "has no fields")
	setColumn(c, "replicas", 1)
	assert.Contains(t, cycleSVG(t, "cycle_books", run, c), "errors are not known")
	blank(c, "sum_work", "sum_extracted", "sum_delta_f")
	books := cycleSVG(t, "cycle_books", run, c)
	assert.True(t, strings.Contains(books, "Work extracted, work, free energy: no value was recorded"))
}

func setColumn(c *Curves, name string, v float64) {
	j := slices.Index(c.Columns, name)
	for i := range c.Rows {
		c.Rows[i][j] = v
	}
}

func TestDiagramCorners(t *testing.T) {
	_, c := exampleCycles()
	d := newDiagram(c, 10, entropyCorners, energyCorners)
	at := func(name string) float64 { return c.Column(name)[10] }
	assert.Equal(t, [4]float64{at("entropy_p"), at("entropy_q"), at("entropy_q"), at("entropy_p2")}, [4]float64{d.corners[0].x, d.corners[1].x, d.corners[2].x, d.corners[3].x})
	assert.Equal(t, [4]float64{at("energy_p"), at("energy_q"), at("energy_q2"), at("energy_p2")}, [4]float64{d.corners[0].y, d.corners[1].y, d.corners[2].y, d.corners[3].y})
	assert.InDelta(t, 4.302653, d.corners[1].dy/at("energy_q_se"), 1e-6, "t quantile, 2 degrees of freedom")
	assert.Equal(t, at("step")-at("cycles")+1, d.from)
	// What the corners are apart is heat and work.
	assert.InDelta(t, at("q_in"), d.corners[1].y-d.corners[0].y, 1e-12)
	assert.InDelta(t, at("work"), d.corners[2].y-d.corners[1].y, 1e-12)
	assert.InDelta(t, at("q_out"), d.corners[3].y-d.corners[2].y, 1e-12)
	tau := newDiagram(c, 10, entropyCorners, temperatureCorners)
	assert.Equal(t, [4]float64{1, at("tau_q"), at("tau_q2"), 1}, [4]float64{tau.corners[0].y, tau.corners[1].y, tau.corners[2].y, tau.corners[3].y})
	assert.Equal(t, "Late: step 7", diagram{from: 7, to: 7}.title("Late"))
}

func TestWindows(t *testing.T) {
	_, c := exampleCycles()
	assert.Equal(t, []int{1, 13, 24}, windows(c, "work", "entropy_p"), "step 0 has no cycle")
	c.Rows[24][slices.Index(c.Columns, "work")] = math.NaN()
	assert.Equal(t, []int{1, 12, 23}, windows(c, "work", "entropy_p"))
	c.Rows = c.Rows[:3]
	assert.Equal(t, []int{1, 2}, windows(c, "work"))
}

func TestExpansionIsMagnified(t *testing.T) {
	_, c := exampleCycles()
	d := newDiagram(c, 10, entropyCorners, energyCorners)
	const width, height = 2.0, 1.0
	p := expansionPanel(c, 10, d, width, height)
	work, half := c.Column("work")[10], cycleT(c)*c.Column("work_se")[10]
	factor := height / (1.5 * (half - work)) // work < delta_f < 0
	assert.Equal(t, "Expansion, × "+magnification(factor), p.title)
	assert.InDelta(t, 1e3*height/factor, p.values.hi-p.values.lo, 1e-9)
	assert.InDelta(t, 1e3*width/factor*1.16, p.plot.X.Max-p.plot.X.Min, 1e-9, "the same factor for both axes, and a margin")
	assert.Less(t, p.values.lo, 1e3*(work-half))
	assert.Contains(t, p.notes[0], "W "+minus(plusMinus(1e3*work, 1e3*c.Column("work_se")[10])))
	assert.Equal(t, "1,300", magnification(1298.7))
	assert.Equal(t, "4.6", magnification(4.56))
}

// A collapsed run ends in a cycle that has no extent: it must not be blown up to the size of the first.
func TestACollapsedCycleIsSeenToShrink(t *testing.T) {
	run, c := exampleCycles()
	for i, row := range c.Rows {
		if i < 20 {
			continue
		}
		for j, name := range c.Columns {
			switch name {
			case "entropy_p", "entropy_q", "entropy_p2":
				row[j] = math.Log(16) + 1e-7*float64(j)
			case "energy_p", "energy_q", "energy_q2", "energy_p2":
				row[j] = 1e-7 * float64(j)
			}
			if strings.HasPrefix(name, "energy_") && strings.HasSuffix(name, "_se") || strings.HasPrefix(name, "entropy_") && strings.HasSuffix(name, "_se") {
				row[j] = 1e-7
			}
		}
	}
	cells := energyDiagrams(run, c)
	first, last := cells[0][0][0], cells[0][2][0]
	assert.InDelta(t, first.plot.X.Max-first.plot.X.Min, last.plot.X.Max-last.plot.X.Min, 1e-9)
	assert.InDelta(t, first.values.hi-first.values.lo, last.values.hi-last.values.lo, 1e-9)
	assert.Greater(t, last.plot.X.Max-last.plot.X.Min, 0.5)
}

func TestCyclesAreSavedAndLoaded(t *testing.T) {
	run, c := exampleCycles()
	dir := t.TempDir()
	assert.False(t, HasCycles(dir))
	_, _, err := LoadCycles(dir)
	assert.ErrorContains(t, err, "not a run folder")
	require.NoError(t, run.Save(dir))
	_, _, err = LoadCycles(dir)
	assert.ErrorContains(t, err, "holds no cycles.csv")
	require.NoError(t, SaveCycles(dir, c))
	assert.True(t, HasCycles(dir))
	back, cycles, err := LoadCycles(dir)
	require.NoError(t, err)
	assert.Equal(t, run.Model, back.Model)
	assert.Equal(t, csvOf(t, c), csvOf(t, cycles))
	run.Status = Interrupted
	require.NoError(t, run.Save(dir))
	require.NoError(t, os.Remove(filepath.Join(dir, CyclesFile)))
	_, cycles, err = LoadCycles(dir)
	require.NoError(t, err)
	assert.Empty(t, cycles.Rows)
}

func TestTwoReplicasHaveNoBars(t *testing.T) {
	run, c := exampleCycles()
	assert.Contains(t, cornerNote(c), "Bars: 95% over 3 replicas.")
	assert.Positive(t, newDiagram(c, 5, entropyCorners, energyCorners).corners[0].dy)
	setColumn(c, "replicas", 2)
	assert.Contains(t, cornerNote(c), "No bars")
	assert.Zero(t, newDiagram(c, 5, entropyCorners, energyCorners).corners[0].dy)
	cycleSVG(t, "cycle_energy", run, c)
}

func TestCycleColumns(t *testing.T) {
	columns := CycleColumns(2)
	for _, name := range []string{"step", "cycles", "replicas", "work", "work_se", "lambda_0", "lambda_1", "lambda_1_se", "probe", "probe_se", "probe_random"} {
		assert.Contains(t, columns, name)
	}
	for _, name := range []string{"step_se", "lambda_2", "probe_random_se", "mi_ceiling_se"} {
		assert.NotContains(t, columns, name)
	}
	assert.Len(t, columns, len(slices.Compact(slices.Sorted(slices.Values(columns)))))
	assert.Equal(t, "Information bought", strings.ToUpper(label("kl_before")[:1])+label("kl_before")[1:])
	_, c := exampleCycles()
	assert.Len(t, lambdaColumns(c), 16)
}

func TestCycleConclusions(t *testing.T) {
	run, c := exampleCycles()
	extracted, _ := c.Last("sum_extracted")
	bought, _ := c.Last("sum_bought")
	say := strings.Join(CycleConclusions(run, c), " ")
	for _, text := range []string{
		"KL(q‖p), is " + brief(bought) + " nats a sample summed over all 2,400 steps, " + brief(bought/2400) + " in a step on average", brief(extracted) + " nats of it", "an efficiency of " + percent(extracted/bought),
		"0.430% in the first window", "12.9 more points than on the random encoder (78.0%)", "1.69 nats about the true class, of at most 2.30",
	} {
		assert.Contains(t, say, text)
	}
	setColumn(c, "probe", 0.7)
	assert.Contains(t, strings.Join(CycleConclusions(run, c), " "), "8.0 fewer points")
}

func TestCyclePage(t *testing.T) {
	run, c := exampleCycles()
	run.Warnings, run.Notes = []string{"collapsed to one label"}, []string{"<b>not markup</b>"}
	dir := t.TempDir()
	require.NoError(t, WriteCycleHTML(dir, run, c))
	data, err := os.ReadFile(filepath.Join(dir, ReportFile))
	require.NoError(t, err)
	text := string(data)
	for _, want := range []string{"swav on mnist-sample", "3 replicas", "cycles.csv", "collapsed to one label", "&lt;b&gt;not markup", "KL(q‖p)", "The books: 2 of 3", "<figure id=\"cycle_energy\"", "<figure id=\"cycle_learning\""} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "curves.csv")
	assert.Error(t, WriteCycleHTML(filepath.Join(dir, "missing"), run, c))
	assert.ErrorContains(t, WriteCycleHTML(dir, run, &Curves{Columns: []string{"x"}}), "cannot be shown")
}
