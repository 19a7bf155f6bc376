package chart

import "fmt"

// outputData is what gophernotes' function Display takes: a value in several MIME types, and where it goes.
type outputData = struct{ Data, Metadata, Transient map[string]any }

// In returns the chart for gophernotes' Display, to be drawn again and again in one place of a cell's output: each
// takes the place of the one before of the same name.
//
//	for ... {
//		Display(chart.New("loss", "step", "nats").Line("loss", steps, losses).In("loss"))
//	}
//
// A kernel without the patch of notebooks/README.md draws them one below the other.
func (c *Chart) In(place string) outputData {
	return in(place, c.String(), c.PNG())
}

// String says what the chart shows.
func (c *Chart) String() string { return fmt.Sprintf("chart %q: %s over %s", c.title, c.y, c.x) }

// In returns the pictures for gophernotes' Display, as [Chart.In] does.
func (p *Pictures) In(place string) outputData {
	return in(place, p.String(), p.PNG())
}

// String says how large the grid is.
func (p *Pictures) String() string {
	return fmt.Sprintf("pictures, %d x %d pixels in all", p.im.Rect.Dx(), p.im.Rect.Dy())
}

func in(place, text string, png []byte) outputData {
	return outputData{
		Data:      map[string]any{"image/png": png, "text/plain": text},
		Transient: map[string]any{"display_id": place},
	}
}
