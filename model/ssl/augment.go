package ssl

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Augmentation is the distribution of random views of an image. The zero value leaves an image as it is. Views are
// made by one affine map about the centre, read off the image by bilinear interpolation with 0 outside, then noise,
// then erasing, and are clipped to [0, 1].
type Augmentation struct {
	Shift    float64 // largest shift in each direction, pixels; uniform in +-Shift
	Scale    float64 // largest change of size: the factor is exp(u), u uniform in +-Scale
	Rotation float64 // largest angle, radians; uniform in +-Rotation
	Shear    float64 // largest horizontal shear, pixels sideways for each pixel downwards; uniform in +-Shear
	Noise    float64 // standard deviation of normal noise added to every pixel
	Erase    float64 // largest side of the erased rectangle as a fraction of the image's; each side uniform in [0, Erase]
}

// Validate returns an error that names a field which cannot be drawn from: negative, not finite, Scale above 3,
// Rotation above pi, Erase above 1.
func (a Augmentation) Validate() error {
	const finite = "0 or more and finite"
	for _, f := range []struct {
		name       string
		value, max float64
		allowed    string
	}{
		{name: "Shift", value: a.Shift, max: math.MaxFloat64, allowed: finite},
		{name: "Scale", value: a.Scale, max: 3, allowed: "from 0 to 3"},
		{name: "Rotation", value: a.Rotation, max: math.Pi, allowed: "from 0 to pi, half a turn"},
		{name: "Shear", value: a.Shear, max: math.MaxFloat64, allowed: finite},
		{name: "Noise", value: a.Noise, max: math.MaxFloat64, allowed: finite},
		{name: "Erase", value: a.Erase, max: 1, allowed: "from 0 to 1"},
	} {
		if !(f.value >= 0 && f.value <= f.max) {
			return fmt.Errorf("ssl: %s of views is %v; it must be %s", f.name, f.value, f.allowed)
		}
	}
	return nil
}

// Views fills dst with two views of each of the images (rows x cols pixels each, row-major): first one view of every
// image, then another of every image, so that the two views of image i of n are images i and n+i of dst. It panics
// unless dst holds twice what images holds, and whole images. The same stream gives the same views; every view takes
// the same number of draws from it, whatever the image.
func (a Augmentation) Views(dst, images []float32, rows, cols int, rng *rand.Rand) {
	size := rows * cols
	if size < 1 || len(images)%size != 0 || len(dst) != 2*len(images) {
		panic(fmt.Sprintf("ssl: two views of %d values as images of %d x %d into %d values",
			len(images), rows, cols, len(dst)))
	}
	for at := 0; at < len(dst); at += size {
		a.View(dst[at:at+size], images[at%len(images):][:size], rows, cols, rng)
	}
}

// View fills dst with one view of the image src, both rows x cols, row-major; they must not overlap. It panics on
// other lengths.
func (a Augmentation) View(dst, src []float32, rows, cols int, rng *rand.Rand) {
	if len(src) != rows*cols || len(dst) != len(src) {
		panic(fmt.Sprintf("ssl: view of %d values as %d x %d into %d values", len(src), rows, cols, len(dst)))
	}
	between := func(limit float64) float64 { return limit * (2*rng.Float64() - 1) }
	dx, dy := between(a.Shift), between(a.Shift)
	factor, angle := math.Exp(between(a.Scale)), between(a.Rotation)
	shear := between(a.Shear)
	// A pixel at offset (x, y) from the centre of the view is read at the offset M (x - dx, y - dy) of the image,
	// where the view's own map is shear, then rotation, then scale, then shift: M inverts it.
	cos, sin := math.Cos(angle)/factor, math.Sin(angle)/factor
	mx, my := float64(cols-1)/2, float64(rows-1)/2
	for r := range rows {
		for c := range cols {
			x, y := float64(c)-mx-dx, float64(r)-my-dy
			u, v := cos*x+sin*y, cos*y-sin*x
			dst[r*cols+c] = bilinear(src, rows, cols, v+my, u-shear*v+mx)
		}
	}
	for i, v := range dst {
		if a.Noise > 0 {
			v += float32(a.Noise * rng.NormFloat64())
		}
		dst[i] = min(max(v, 0), 1)
	}
	height, width := a.Erase*rng.Float64()*float64(rows), a.Erase*rng.Float64()*float64(cols)
	top, left := rng.Float64()*(float64(rows)-height), rng.Float64()*(float64(cols)-width)
	for r := int(math.Round(top)); r < int(math.Round(top+height)); r++ {
		clear(dst[r*cols+int(math.Round(left)) : r*cols+int(math.Round(left+width))])
	}
}

// bilinear returns the image's value at row r, column c, interpolated between the four pixels around and 0 outside.
func bilinear(src []float32, rows, cols int, r, c float64) float32 {
	r0, c0 := int(math.Floor(r)), int(math.Floor(c))
	fr, fc := float32(r-float64(r0)), float32(c-float64(c0))
	at := func(r, c int) float32 {
		if r < 0 || r >= rows || c < 0 || c >= cols {
			return 0
		}
		return src[r*cols+c]
	}
	upper := at(r0, c0)*(1-fc) + at(r0, c0+1)*fc
	lower := at(r0+1, c0)*(1-fc) + at(r0+1, c0+1)*fc
	return upper*(1-fr) + lower*fr
}
