package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
)

// Pictures is a grid of grey pictures. It has the method PNG, which makes gophernotes show it.
type Pictures struct{ im *image.Gray }

// Grid lays pictures of rows x cols pixels, 0 black to 1 white and row-major, side by side, so many across, each pixel
// magnified. It panics unless x holds whole pictures.
func Grid(x []float32, rows, cols, across, magnify int) *Pictures {
	size := rows * cols
	if size == 0 || across < 1 || magnify < 1 || len(x) == 0 || len(x)%size != 0 {
		panic(fmt.Sprintf("chart: Grid: %d values, pictures of %d x %d, %d across, magnified %d times",
			len(x), rows, cols, across, magnify))
	}
	n := len(x) / size
	down := (n + across - 1) / across
	im := image.NewGray(image.Rect(0, 0, (min(n, across)*(cols+1)-1)*magnify, (down*(rows+1)-1)*magnify))
	for i := range im.Pix {
		im.Pix[i] = 128
	}
	for i, v := range x {
		p := i / size
		r, c := i%size/cols, i%size%cols
		top, left := (p/across*(rows+1)+r)*magnify, (p%across*(cols+1)+c)*magnify
		grey := color.Gray{Y: uint8(255*max(0, min(1, v)) + 0.5)}
		for dy := range magnify {
			for dx := range magnify {
				im.SetGray(left+dx, top+dy, grey)
			}
		}
	}
	return &Pictures{im}
}

// PNG returns the grid as a PNG file.
func (p *Pictures) PNG() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, p.im) // a bytes.Buffer does not fail
	return b.Bytes()
}
