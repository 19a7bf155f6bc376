package report

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"

	"calorimeter/instrument/record"
)

// gridImageSize is the least height and width, in pixels, at which SampleGrid shows an image.
const gridImageSize = 56

// SampleGrid writes a PNG of rows x cols images at path, thin lines between them. x holds the images one after the
// other, row by row of the grid, each height x width values in row-major order: 0 is black, 1 is white, values outside
// are clipped. Each value becomes a square of pixels, without smoothing. A wrong length of x or a value that is not a
// number is an error that says which.
func SampleGrid(path string, x []float32, rows, cols, height, width int) error {
	if rows < 1 || cols < 1 || height < 1 || width < 1 {
		return fmt.Errorf("report: a grid of %d x %d images of %d x %d values has nothing to show", rows, cols, height, width)
	}
	if want := rows * cols * height * width; len(x) != want {
		return fmt.Errorf("report: %d values for a grid of %d x %d images of %d x %d values, which needs %d",
			len(x), rows, cols, height, width, want)
	}
	zoom := max(1, (gridImageSize+min(height, width)-1)/min(height, width))
	const gap = 2
	img := image.NewGray(image.Rect(0, 0, gap+cols*(width*zoom+gap), gap+rows*(height*zoom+gap)))
	for i := range img.Pix {
		img.Pix[i] = 128
	}
	for i, v := range x {
		if math.IsNaN(float64(v)) {
			return fmt.Errorf("report: value %d of image %d is not a number", i%(height*width), i/(height*width))
		}
		image := i / (height * width)
		row, col := i/width%height, i%width
		left := gap + image%cols*(width*zoom+gap) + col*zoom
		top := gap + image/cols*(height*zoom+gap) + row*zoom
		shade := color.Gray{Y: uint8(math.Round(255 * math.Min(1, math.Max(0, float64(v)))))}
		for dy := range zoom {
			for dx := range zoom {
				img.SetGray(left+dx, top+dy, shade)
			}
		}
	}
	return record.WriteAtomic(path, func(w io.Writer) error { return png.Encode(w, img) })
}
