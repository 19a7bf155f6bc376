package report

import (
	"slices"
	"strings"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// difference returns by how much the last value of a quantity in run a lies above that in run b, as it is shown. Where
// the runs have the same units and keep the values of each, what a unit does to both cancels; else the runs are taken
// to be independent, and unpaired says why.
func difference(info record.Info, a, b compared) (d estimate.Estimate, unpaired string) {
	x, y := lastShown(info, a.history), lastShown(info, b.history)
	d = estimate.Difference(x, y)
	switch units := a.run.Units; {
	case !d.HasInterval() || x.SE == 0 || y.SE == 0:
		return d, ""
	case !units.Shared(b.run.Units):
		return d, "not paired: the runs are not known to have the same " + unitsOf(a.run)
	case len(x.Units) != units.Count || len(y.Units) != units.Count:
		return d, "not paired: there is no value of this quantity for each of the " + unitsOf(a.run)
	}
	d, _ = estimate.Paired(x, y)
	return d, ""
}

// unitsOf names what the errors of a run are over.
func unitsOf(run *record.Run) string {
	if run.Units.Name == "" {
		return "independent units"
	}
	return plain(run.Units.Name) + "s"
}

// differences fills the table of how far the headline quantities of the other runs lie from those of the first.
func (d *comparisonData) differences(runs []compared, quantities []shown) {
	first := runs[0]
	d.Units = unitsOf(first.run)
	for _, s := range quantities {
		for _, info := range s.all() {
			if _, ok := first.history.Info(info.Name); !ok || !info.Headline {
				continue
			}
			line := comparedRow{Name: upperFirst(plain(info.Heading()))}
			if s.unit() != "" {
				line.Name += " (" + s.unit() + ")"
			}
			for _, r := range runs[1:] {
				line.Cells = append(line.Cells, d.differenceCell(info, r, first))
			}
			d.Differences = append(d.Differences, line)
		}
	}
}

// differenceCell prints a difference, with what speaks against it as remarks.
func (d *comparisonData) differenceCell(info record.Info, r, first compared) comparedCell {
	if _, ok := r.history.Info(info.Name); !ok {
		return comparedCell{Text: lacking}
	}
	e, unpaired := difference(info, r, first)
	cell := comparedCell{Text: withInterval(e)}
	if e.Value > 0 {
		cell.Text = "+" + cell.Text
	}
	cell.Text = strings.ReplaceAll(cell.Text, "-", "−")
	if e.Lo > 0 || e.Hi < 0 {
		cell.Class = "told"
	}
	remarks := slices.Clone(e.Warnings)
	if unpaired != "" {
		remarks = append(remarks, unpaired)
	}
	if info.Summed && !slices.Equal(stepsOf(r.history), stepsOf(first.history)) {
		remarks = append(remarks, "summed over other steps of observation, on which it depends")
	}
	for _, remark := range remarks {
		i := slices.Index(d.Remarks, remark)
		if i < 0 {
			i = len(d.Remarks)
			d.Remarks = append(d.Remarks, remark)
		}
		cell.Notes = append(cell.Notes, i+1)
	}
	return cell
}

// stepsOf are the steps of the observations.
func stepsOf(h *record.History) (steps []int) {
	for _, e := range observations(h) {
		steps = append(steps, e.Step)
	}
	return steps
}
