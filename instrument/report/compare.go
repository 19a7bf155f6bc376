package report

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// ComparisonFile is the usual name of the page that lays runs side by side.
const ComparisonFile = "report-comparison.html"

// compared is one of the runs that are laid side by side.
type compared struct {
	name, dir string
	run       *Run
	curves    *Curves
	cycles    bool
	factor    float64 // from a standard error to the half-width of the 95 % interval
	look      draw.LineStyle
}

// comparedQuantity is a chart of one quantity, a curve a run.
type comparedQuantity struct {
	title, unit   string
	column, upper string // with upper, a pair of bounds
	over          string // the column that it is divided by, if any
	sign          float64
}

// comparedGroups are the quantities by what they are said of. What is summed over all steps and what is the mean of a
// step stand apart: one divided by the other means nothing.
var comparedGroups = []struct {
	title      string
	cycles     bool // of runs with cycles
	quantities []comparedQuantity
}{
	{"Ensembles, at the last observation", false, []comparedQuantity{
		{title: "Training loss", unit: "nats per sample", column: "train_nll", sign: 1},
		{title: "Test loss", unit: "nats per sample", column: "test_nll", sign: 1},
		{title: "Test accuracy", unit: "share", column: "test_accuracy", sign: 1},
		{title: "L-info, lower to upper bound", unit: "nats", column: "l_info_lo", upper: "l_info_hi", sign: 1},
		{title: "M-info, Gaussian estimate (comparable with the same D and R)", unit: "nats", column: "m_info", sign: 1},
		{title: "X-info, lower to upper bound", unit: "nats", column: "x_info_lo", upper: "x_info_hi", sign: 1},
		{title: "Entropy of the samples S(X|Θ)", unit: "nats", column: "s_x_given_theta", sign: 1},
		{title: "Change of the entropy of the weights ΔS(Θ)", unit: "nats", column: "s_theta", sign: 1},
	}},
	{"Ensembles, summed from observation to observation (comparable between runs with the same observations)", false, []comparedQuantity{
		{title: "Work W", unit: "nats, summed", column: "work", sign: 1},
		{title: "Dissipated heat −Q", unit: "nats, summed", column: "heat", sign: -1},
		{title: "Entropy production Σ", unit: "nats, summed", column: "entropy_production", sign: 1},
	}},
	{"Self-supervised, the representation at the last observation", true, []comparedQuantity{
		{title: "Linear probe", unit: "test accuracy", column: "probe", sign: 1},
		{title: "Gain of the probe on the random encoder", unit: "test accuracy", column: "probe_gain", sign: 1},
		{title: "Nearest neighbours", unit: "test accuracy", column: "knn", sign: 1},
		{title: "Information of the self-label about the class", unit: "nats", column: "mi", sign: 1},
		{title: "Collapsed replicas", unit: "share", column: "collapsed", sign: 1},
	}},
	{"Self-supervised, summed over all steps", true, []comparedQuantity{
		{title: "Work extracted beyond ΔF, all steps", unit: "nats, summed", column: "sum_extracted", sign: 1},
		{title: "Information bought KL(q‖p), all steps", unit: "nats, summed", column: "sum_bought", sign: 1},
		{title: "Efficiency η, all steps", unit: "summed work / summed information", column: "sum_extracted", over: "sum_bought", sign: 1},
	}},
	{"Self-supervised, mean of a step in the last window", true, []comparedQuantity{
		{title: "Work extracted beyond ΔF, a step", unit: "nats, mean of a step", column: "extracted", sign: 1},
		{title: "Information bought KL(q‖p), a step", unit: "nats, mean of a step", column: "kl_before", sign: 1},
		{title: "Efficiency η, a step", unit: "work / information of a step", column: "efficiency", sign: 1},
		{title: "Entropy of the self-label S(q)", unit: "nats", column: "entropy_q", sign: 1},
	}},
}

// comparedLook tells runs apart, by colour and, where there are many, by dashes.
func comparedLook(i int) draw.LineStyle {
	look := solid([]color.NRGBA{blue, orange, green, vermillion, purple, sky, black}[i%7], 1.6)
	look.Dashes = [][]vg.Length{nil, {5, 3}, {2, 2}}[i/7%3]
	return look
}

// WriteComparison writes one page at path that lays the runs of the given folders side by side: their settings where they
// differ, how they ended, and their curves in common charts. Runs with curves and runs with cycles may be mixed; each
// kind has charts of its own. The page holds everything, as [WriteHTML]'s does.
func WriteComparison(path string, dirs []string) error {
	if len(dirs) < 2 {
		return errors.New("report: a comparison needs two run folders or more")
	}
	d, err := newComparison(path, dirs)
	if err != nil {
		return err
	}
	return WriteAtomic(path, func(w io.Writer) error { return templates.ExecuteTemplate(w, "comparison", d) })
}

// comparisonData is what the template draws.
type comparisonData struct {
	Title      string
	Runs       []comparedHead
	Ends       []comparedRow // how the runs ended
	Settings   []comparedRow // where they differ
	Figures    []pageFigure
	Charts     []*chart
	Quantities []pageQuantity
}

type comparedHead struct{ Name, Link, Colour, Status, Class string }

type comparedRow struct {
	Name  string
	Cells []string
	Head  bool // of the rows below it; it has no cells
}

func newComparison(path string, dirs []string) (*comparisonData, error) {
	runs, err := loadCompared(dirs)
	if err != nil {
		return nil, err
	}
	d := &comparisonData{Title: plural(len(runs), "run") + " side by side"}
	for _, r := range runs {
		link, err := filepath.Rel(filepath.Dir(path), filepath.Join(r.dir, ReportFile))
		if err != nil {
			link = filepath.Join(r.dir, ReportFile)
		}
		trusted := trust(r.run)
		d.Runs = append(d.Runs, comparedHead{r.name, filepath.ToSlash(link), colourNames[r.look.Color], trusted.Short, trusted.Class})
	}
	d.row("Status", runs, func(r *compared) string { return r.run.Status })
	d.row("Model", runs, func(r *compared) string { return r.run.Model })
	d.row("Data", runs, func(r *compared) string { return r.run.Data })
	d.row("Ensemble", runs, func(r *compared) string {
		if r.cycles {
			return cycleSubtitle(r.run)
		}
		return subtitle(r.run)
	})
	d.row("Seed", runs, func(r *compared) string { return strconv.FormatUint(r.run.Seed, 10) })
	d.row("Free weights per example", runs, func(r *compared) string { return perExample(r.run) })
	d.row("Books", runs, func(r *compared) string { return strings.TrimPrefix(bookWords(r.run.Books), "The books: ") })
	d.row("Warnings", runs, func(r *compared) string { return strconv.Itoa(len(r.run.Warnings)) })
	d.row("Time taken", runs, func(r *compared) string { return fixed(r.run.Seconds, 1) + " s" })
	d.row("Version", runs, func(r *compared) string { return r.run.Version })
	for _, g := range comparedGroups {
		if err := d.group(g.title, g.cycles, g.quantities, runs); err != nil {
			return nil, err
		}
	}
	d.settings(runs)
	return d, nil
}

// loadCompared reads the run folders and names each after its folder, by as much of its path as tells them apart.
func loadCompared(dirs []string) ([]*compared, error) {
	var runs []*compared
	for i, dir := range dirs {
		r := &compared{dir: dir, cycles: HasCycles(dir), look: comparedLook(i)}
		load := Load
		if r.cycles {
			load = LoadCycles
		}
		var err error
		if r.run, r.curves, err = load(dir); err != nil {
			return nil, err
		}
		if r.factor = studentT(r.run); r.cycles {
			r.factor = cycleT(r.curves)
		}
		r.name = plain(filepath.Base(filepath.Clean(dir)))
		if slices.ContainsFunc(dirs, func(other string) bool {
			return other != dir && filepath.Base(filepath.Clean(other)) == filepath.Base(filepath.Clean(dir))
		}) {
			r.name = plain(filepath.ToSlash(filepath.Clean(dir)))
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// row adds a line to the table of how the runs ended.
func (d *comparisonData) row(name string, runs []*compared, cell func(r *compared) string) {
	line := comparedRow{Name: name}
	for _, r := range runs {
		line.Cells = append(line.Cells, cell(r))
	}
	d.Ends = append(d.Ends, line)
}

// settings lists the settings that differ, those of the first run first.
func (d *comparisonData) settings(runs []*compared) {
	var seen []string
	for _, r := range runs {
		for _, s := range r.run.Config {
			if slices.Contains(seen, s.Name) || s.Name == "seed" {
				continue
			}
			seen = append(seen, s.Name)
			line, differ := comparedRow{Name: s.Name}, false
			for _, other := range runs {
				value := "–"
				if i := slices.IndexFunc(other.run.Config, func(o Setting) bool { return o.Name == s.Name }); i >= 0 {
					value = other.run.Config[i].Value
				}
				line.Cells = append(line.Cells, value)
				differ = differ || value != line.Cells[0]
			}
			if differ {
				d.Settings = append(d.Settings, line)
			}
		}
	}
}

// values returns the curve of a quantity with its intervals: NaN where they are not known.
func (r *compared) values(q comparedQuantity) (s series) {
	scaled := func(name string, factor float64) []float64 {
		x := r.curves.Column(name)
		for i := range x {
			x[i] *= factor
		}
		return x
	}
	s = series{name: r.name, columns: []string{q.column}, y: scaled(q.column, q.sign), look: r.look, area: 0.2}
	half := scaled(q.column+"_se", r.factor)
	switch {
	case q.over != "": // the errors of the two are not independent
		s.columns = []string{q.column, q.over}
		for i, v := range scaled(q.over, 1) {
			s.y[i] /= v
		}
	case q.column == "s_theta":
		s.y, half, _ = entropyChange(r.curves, q.column)
		for i := range half {
			half[i] *= r.factor
		}
		s.lo, s.hi = around(s.y, half)
	case q.column == "m_info":
		s.lo, s.hi, s.bars = r.curves.Column("m_info_lo"), r.curves.Column("m_info_hi"), true
	case q.upper != "":
		s.columns, s.y2 = []string{q.column, q.upper}, scaled(q.upper, q.sign)
		s.lo, _ = around(s.y, half)
		_, s.hi = around(s.y2, scaled(q.upper+"_se", r.factor))
	default:
		s.lo, s.hi = around(s.y, half)
	}
	return s
}

// group adds the quantities that any run of a kind knows: a chart and a row of the last values for each, and what they mean.
func (d *comparisonData) group(title string, cycles bool, quantities []comparedQuantity, runs []*compared) error {
	known := CycleQuantities()
	if !cycles {
		known = Quantities()
	}
	headed := false
	for _, q := range quantities {
		shown := map[*compared]series{}
		for _, r := range runs {
			if s := r.values(q); r.cycles == cycles && (anyFinite(s.y) || anyFinite(s.y2)) {
				shown[r] = s
			}
		}
		if len(shown) == 0 {
			continue
		}
		if !headed {
			d.Ends = append(d.Ends, comparedRow{Name: title, Head: true})
			headed = true
		}
		d.row(fmt.Sprintf("%s (%s)", q.title, q.unit), runs, func(r *compared) string {
			if r.cycles != cycles {
				return "–"
			}
			return lastOf(shown[r])
		})
		if err := d.chart(q, runs, shown); err != nil {
			return err
		}
		for _, meaning := range known {
			listed := slices.ContainsFunc(d.Quantities, func(have pageQuantity) bool { return have.Quantity == meaning })
			if !listed && (meaning.Column == q.column || meaning.Column == q.upper || meaning.Column == q.over) {
				d.Quantities = append(d.Quantities, pageQuantity{Quantity: meaning})
			}
		}
	}
	return nil
}

// chart draws a quantity, a curve for each run that knows it.
func (d *comparisonData) chart(q comparedQuantity, runs []*compared, shown map[*compared]series) error {
	var steps []float64
	for r := range shown {
		steps = append(steps, r.curves.Column("step")...)
	}
	slices.Sort(steps)
	p := newPanel(q.title, q.unit, linear{}, slices.Compact(steps))
	intervals, far := false, outliers(shown)
	for _, r := range runs {
		if s, ok := shown[r]; ok {
			p.over(r.curves.Column("step"))
			if most, out := far[r]; out {
				s.beyond = true
				p.note("%s leaves the picture: it comes to %s.", r.name, minus(number(most)))
			}
			p.show(s)
			intervals = intervals || anyFinite(s.lo) || anyFinite(s.hi)
		}
	}
	if intervals {
		p.note("95%% intervals, each over its run's own training sets or replicas.")
	}
	name := q.column
	if q.over != "" {
		name += "_by_" + q.over
	}
	one := pageData{}
	if err := one.show(&figure{name: name, cells: [][][]*panel{{{p}}}}, ""); err != nil {
		return err
	}
	d.Figures, d.Charts = append(d.Figures, one.Figures...), append(d.Charts, one.Charts...)
	return nil
}

// outliers returns the runs whose curves would flatten those of all others on a common axis, with the number farthest from 0
// that each comes to: more than a thousand times what the middle one of the sound runs comes to or, where it is not sound
// itself, more than ten times what any of the others comes to. A run is sound that neither failed nor failed its books.
func outliers(shown map[*compared]series) map[*compared]float64 {
	farthest := map[*compared]float64{}
	var all, sound []float64
	for r, s := range shown {
		for _, v := range slices.Concat(s.y, s.y2) {
			if finite(v) && math.Abs(v) > math.Abs(farthest[r]) {
				farthest[r] = v
			}
		}
		all = append(all, math.Abs(farthest[r]))
		if r.sound() {
			sound = append(sound, math.Abs(farthest[r]))
		}
	}
	if len(sound) == 0 {
		sound = all
	}
	slices.Sort(sound)
	limit, most := 1000*sound[(len(sound)-1)/2], 0.0
	for _, v := range sound {
		if v <= limit {
			most = v
		}
	}
	far := map[*compared]float64{}
	for r, v := range farthest {
		allowed := limit
		if !r.sound() {
			allowed = min(limit, 10*most)
		}
		if allowed > 0 && math.Abs(v) > allowed {
			far[r] = v
		}
	}
	return far
}

func (r *compared) sound() bool {
	return r.run.Status != Failed && !slices.ContainsFunc(r.run.Books, func(k Check) bool { return k.Verdict == Fail })
}

// lastOf prints the last known value of a series with its interval.
func lastOf(s series) string {
	for i := len(s.y) - 1; i >= 0; i-- {
		if math.IsNaN(s.y[i]) {
			continue
		}
		text := number(s.y[i])
		if s.y2 != nil {
			text += " to " + number(s.y2[i])
		}
		if s.lo != nil && finite(s.lo[i]) && finite(s.hi[i]) {
			text += fmt.Sprintf(" [%s, %s]", number(s.lo[i]), number(s.hi[i]))
		}
		return text
	}
	return unknown
}
