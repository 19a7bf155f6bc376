package chart

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"reflect"
	"testing"
)

func decode(t *testing.T, b []byte) image.Image {
	t.Helper()
	im, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// count returns how many pixels have the colour.
func count(im image.Image, c color.Color) (n int) {
	want := color.NRGBAModel.Convert(c)
	for y := range im.Bounds().Dy() {
		for x := range im.Bounds().Dx() {
			if color.NRGBAModel.Convert(im.At(x, y)) == want {
				n++
			}
		}
	}
	return n
}

func TestGapsAreNotDrawn(t *testing.T) {
	c := New("t", "x", "y").LogX()
	nan, inf := math.NaN(), math.Inf(1)
	got := c.runs(mark{x: []float64{0, 1, 2, 3, 4, 5, 6}, y: []float64{1, 1, 1, nan, 1, 1, inf}})
	if !reflect.DeepEqual(got, [][2]int{{1, 3}, {4, 6}}) {
		t.Errorf("runs %v", got)
	}
}

func TestNamesHaveColours(t *testing.T) {
	x := []float64{1, 10, 100}
	c := New("t", "x", "y").LogX().Line("a", x, x).Dashed("b", x, []float64{100, 50, 20})
	im := decode(t, c.Band("a", x, []float64{0, 5, 90}, []float64{5, 30, 110}).PNG())
	a, b := count(im, colours[0]), count(im, colours[1])
	if a < 200 || b < 100 || b >= a || count(im, colours[2]) != 0 {
		t.Errorf("%d and %d pixels in the colours of a and of b, dashed", a, b)
	}
	if im := decode(t, New("empty", "x", "y").LogX().Line("a", nil, nil).PNG()); count(im, colours[0]) != 0 {
		t.Error("something was drawn of nothing")
	}
}

func TestLegendKeepsClearOfRisingLines(t *testing.T) {
	x, up := []float64{1, 2, 3}, []float64{0, 1, 2}
	down := []float64{2, 1, 0}
	for _, c := range []struct {
		name  string
		chart *Chart
		rises bool
	}{
		{"up", New("t", "x", "y").Line("a", x, up), true},
		{"down", New("t", "x", "y").Line("a", up, x).Line("b", x, down).Line("c", x, down), false},
		{"up to a gap", New("t", "x", "y").Line("a", x, []float64{math.NaN(), 1, 2}), true},
		{"a band alone", New("t", "x", "y").Band("a", x, up, x), false},
		{"nothing", New("t", "x", "y"), false},
	} {
		if c.chart.rises() != c.rises {
			t.Errorf("%s: rises %v", c.name, !c.rises)
		}
	}
}

func TestInNamesAPlace(t *testing.T) {
	x := []float64{1, 2}
	d := New("loss", "step", "nats").Line("a", x, x).In("here")
	if d.Transient["display_id"] != "here" || d.Data["text/plain"] != `chart "loss": nats over step` {
		t.Errorf("%v %v", d.Transient, d.Data["text/plain"])
	}
	decode(t, d.Data["image/png"].([]byte))
	grid := Grid(make([]float32, 8), 2, 2, 2, 3).In("there")
	if grid.Transient["display_id"] != "there" || grid.Data["text/plain"] != "pictures, 15 x 6 pixels in all" {
		t.Errorf("%v %v", grid.Transient, grid.Data["text/plain"])
	}
}

func TestTicksAreRound(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   []string
	}{
		{lo: -0.01, hi: 0.6, want: []string{"0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6"}},
		{lo: 0, hi: 295, want: []string{"0", "50", "100", "150", "200", "250"}},
		{lo: 0.82, hi: 0.8401, want: []string{"0.82", "0.825", "0.83", "0.835", "0.84"}},
	} {
		var got []string
		for _, tick := range ticks(c.lo, c.hi) {
			got = append(got, tick.Label)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v to %v: %q", c.lo, c.hi, got)
		}
	}
}

func TestGrid(t *testing.T) {
	im := decode(t, Grid([]float32{0, 1, 1, 1, 0.5, 0, 2, -1}, 1, 2, 3, 2).PNG())
	if im.Bounds().Dx() != 16 || im.Bounds().Dy() != 6 {
		t.Fatalf("size %v", im.Bounds())
	}
	for _, c := range []struct {
		x, y int
		grey uint8
	}{
		{x: 0, y: 0, grey: 0}, {x: 2, y: 1, grey: 255}, {x: 4, y: 0, grey: 128}, {x: 6, y: 0, grey: 255},
		{x: 12, y: 0, grey: 128}, {x: 0, y: 4, grey: 255}, {x: 3, y: 5, grey: 0}, {x: 7, y: 5, grey: 128},
	} {
		if got := im.At(c.x, c.y).(color.Gray).Y; got != c.grey {
			t.Errorf("pixel %d, %d is %d, not %d", c.x, c.y, got, c.grey)
		}
	}
}
