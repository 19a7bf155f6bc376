package report

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"
)

// chart is a panel as the script of the page draws it, with all the values behind it.
type chart struct {
	ID     string        `json:"id"`
	Title  string        `json:"title"`
	X      string        `json:"x"` // what the axis shows
	Y      string        `json:"y"`
	Steps  bool          `json:"steps"`          // x is the training step: on a linear or a logarithmic axis
	Knee   numbers       `json:"knee,omitempty"` // y is linear up to this value, logarithmic above
	Series []chartSeries `json:"series"`
	Levels []chartLevel  `json:"levels"`
	Notes  []string      `json:"notes"`
}

type chartSeries struct {
	Name     string   `json:"name"`
	Columns  []string `json:"columns"`
	Colour   string   `json:"colour"`
	Width    float64  `json:"width"`
	Dash     string   `json:"dash"`
	At       numbers  `json:"at"`
	Y        numbers  `json:"v"`
	Y2       numbers  `json:"v2,omitempty"`
	Lo       numbers  `json:"lo,omitempty"`
	Hi       numbers  `json:"hi,omitempty"`
	Chance   numbers  `json:"chance,omitempty"` // what labels dealt at random stay below at the end
	Bars     bool     `json:"bars"`
	Outline  bool     `json:"outline,omitempty"`
	Under    bool     `json:"under"`
	Beyond   bool     `json:"beyond"`
	Warnings []int    `json:"warnings"` // footnotes, from 1 on
}

type chartLevel struct {
	At       numbers `json:"at"`
	Name     string  `json:"name"`
	Vertical bool    `json:"vertical"`
}

// numbers are values in JSON at full precision: null where they are not known, and ±1e999, which scripts read as infinite.
type numbers []float64

// MarshalJSON implements json.Marshaler.
func (n numbers) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, v := range n {
		b.WriteByte("[,"[min(i, 1)])
		switch {
		case math.IsNaN(v):
			b.WriteString("null")
		case math.IsInf(v, 1):
			b.WriteString("1e999")
		case math.IsInf(v, -1):
			b.WriteString("-1e999")
		default:
			b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	if len(n) == 0 {
		b.WriteByte('[')
	}
	b.WriteByte(']')
	return b.Bytes(), nil
}

// colourNames are the classes under which the page sets the colours, lighter ones on dark paper.
var colourNames = map[color.Color]string{
	black: "black", grey: "grey", blue: "blue", vermillion: "vermillion", green: "green", orange: "orange", purple: "purple", sky: "sky",
}

// chart returns the panel for the script, nil where there is nothing that it could draw.
func (p *panel) chart(id string, notes footnotes) *chart {
	if len(p.series) == 0 || p.values.empty() {
		return nil
	}
	c := &chart{ID: id, Title: p.title, X: p.plot.X.Label.Text, Y: p.plot.Y.Label.Text, Notes: p.notes}
	_, c.Steps = p.x.(stepScale)
	if k, ok := p.y.(knee); ok {
		c.Knee = numbers{k.at}
	}
	for _, s := range p.series {
		line := chartSeries{
			Name: s.name, Columns: s.columns, Colour: "grey", Width: s.look.Width.Points(), Dash: dashArray(s.look.Dashes),
			At: s.at, Y: s.y, Y2: s.y2, Chance: s.chance, Bars: s.bars, Outline: s.outline, Under: s.under, Beyond: s.beyond, Warnings: notes.of(s.columns...),
		}
		if name, ok := colourNames[s.look.Color]; ok {
			line.Colour = name
		}
		if anyFinite(s.lo) || anyFinite(s.hi) {
			line.Lo, line.Hi = s.lo, s.hi
		}
		c.Series = append(c.Series, line)
	}
	for _, l := range p.levels {
		c.Levels = append(c.Levels, chartLevel{numbers{l.at}, l.name, l.vertical})
	}
	return c
}

func dashArray(dashes []vg.Length) (s string) {
	for _, d := range dashes {
		s += fmt.Sprintf("%g ", d.Points())
	}
	return s
}
