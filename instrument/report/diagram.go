package report

import (
	"slices"

	"calorimeter/instrument/record"
)

// diagramsOf lays out diagrams as panels. Those of one figure that share the names of both axes are drawn to one scale,
// so that what shrinks from one to the next is seen to.
func diagramsOf(diagrams []record.Diagram) []*panel {
	var list []*panel
	type axes struct{ figure, x, y string }
	width, height := map[axes]float64{}, map[axes]float64{}
	for _, d := range diagrams {
		p := &panel{figure: d.Figure, Title: plain(d.Title), X: axis{Label: plain(d.X), Scale: d.XScale},
			Y: axis{Label: plain(d.Y), Scale: d.YScale}, diagram: &d, names: lineNames(diagrams, d.Figure)}
		for _, text := range d.Notes {
			p.Notes = append(p.Notes, plain(text))
		}
		x, y := extent(d)
		key := axes{figure: d.Figure, x: d.X, y: d.Y}
		width[key], height[key] = max(width[key], x.hi-x.lo), max(height[key], y.hi-y.lo)
		list = append(list, p)
	}
	for _, p := range list {
		x, y := extent(*p.diagram)
		key := axes{figure: p.figure, x: p.diagram.X, y: p.diagram.Y}
		p.X.cover(x.about(width[key]), 0.06)
		p.Y.cover(y.about(height[key]), 0.06)
	}
	return list
}

// about returns the range of the given width around the middle of s.
func (s span) about(width float64) span {
	if s.empty() {
		return s
	}
	middle := (s.lo + s.hi) / 2
	return span{lo: middle - width/2, hi: middle + width/2}
}

// extent returns the ranges of a diagram in positions, intervals included.
func extent(d record.Diagram) (x, y span) {
	x, y = nothing, nothing
	include := func(s *span, scale record.Scale, values ...float64) {
		for _, v := range values {
			s.include(axis{Scale: scale}.position(v))
		}
	}
	for _, l := range d.Lines {
		include(&x, d.XScale, l.X...)
		for _, values := range [][]float64{l.Y, l.Lo, l.Hi} {
			include(&y, d.YScale, values...)
		}
		if l.Filled {
			include(&y, d.YScale, 0)
		}
	}
	for _, m := range d.Marks {
		include(&x, d.XScale, m.X.Value, m.X.Lo, m.X.Hi)
		include(&y, d.YScale, m.Y.Value, m.Y.Lo, m.Y.Hi)
	}
	return x, y
}

// lineNames lists the names of the lines of a figure, guides aside, in the order in which they come.
func lineNames(diagrams []record.Diagram, figure string) (names []string) {
	for _, d := range diagrams {
		for _, l := range d.Lines {
			if d.Figure == figure && !l.Dashed && !slices.Contains(names, l.Name) {
				names = append(names, l.Name)
			}
		}
	}
	return names
}

// lineLook returns the look of a line of a diagram: guides are grey, and other lines have the colour they ask for, or
// one for each of the names of their figure.
func lineLook(names []string, l record.Line) curve {
	if l.Colour != "" {
		c := curve{Name: plain(l.Name), Colour: l.Colour, Width: 1.2, Loose: l.Loose, Bars: l.Lo != nil}
		if l.Dash > 0 {
			c.Dash = dashes[(l.Dash-1)%len(dashes)]
		}
		return c
	}
	if l.Dashed {
		return curve{Name: plain(l.Name), Colour: "grey", Width: 0.9, Dash: []float64{4, 3}}
	}
	i := slices.Index(names, l.Name)
	return curve{Name: plain(l.Name), Colour: palette[i%len(palette)], Width: 1.2}
}
