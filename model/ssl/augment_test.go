package ssl

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

// Deliberate errors, and the tests that caught them:
//
//	rotation, shear or scale inverted     TestParts
//	interpolation with weights exchanged  TestZeroAugmentationIsTheIdentity
//	views of the wrong image              TestViews

// blob is an image of a smooth spot at (row, col) of a square picture.
func blob(side int, row, col, width float64) []float32 {
	x := make([]float32, side*side)
	for i := range x {
		r, c := float64(i/side)-row, float64(i%side)-col
		x[i] = float32(math.Exp(-(r*r + c*c) / (2 * width * width)))
	}
	return x
}

// moments returns mass, centre of mass and spread of an image.
func moments(x []float32, side int) (mass, row, col, spread float64) {
	for i, v := range x {
		mass += float64(v)
		row += float64(v) * float64(i/side)
		col += float64(v) * float64(i%side)
	}
	row, col = row/mass, col/mass
	for i, v := range x {
		r, c := float64(i/side)-row, float64(i%side)-col
		spread += float64(v) * (r*r + c*c) / mass
	}
	return mass, row, col, spread
}

const side = 41 // centre at 20

func view(a Augmentation, src []float32, rng *rand.Rand) []float32 {
	dst := make([]float32, len(src))
	a.View(dst, src, side, side, rng)
	return dst
}

func TestZeroAugmentationIsTheIdentity(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	src := uniforms(rng, side*side)
	assert.Equal(t, src, view(Augmentation{}, src, rng))
}

// A shift moves the spot by what the stream's first two numbers say, and its distribution is uniform in +-Shift.
func TestShift(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	src := blob(side, 20, 20, 2)
	var dx, dy []float64
	for range 400 {
		mass, row, col, _ := moments(view(Augmentation{Shift: 4}, src, rng), side)
		m, _, _, _ := moments(src, side)
		require.InEpsilon(t, m, mass, 1e-3)
		dy, dx = append(dy, row-20), append(dx, col-20)
	}
	for _, d := range [][]float64{dx, dy} {
		assert.InDelta(t, 0, stat.Mean(d, nil), 4*4/math.Sqrt(3*400))
		assert.InDelta(t, 16./3, stat.Variance(d, nil), 4*16*math.Sqrt(4./45/400))
		assert.Less(t, slices.Max(d), 4.05)
		assert.Greater(t, slices.Max(d), 3.8)
	}
	assert.InDelta(t, 0, stat.Correlation(dx, dy, nil), 0.2)
}

// Scaling changes the spread of a spot by the factor's square and keeps its centre; the factor is exp(uniform).
func TestScale(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	src := blob(side, 20, 20, 3)
	_, _, _, before := moments(src, side)
	var logs []float64
	for range 300 {
		_, row, col, after := moments(view(Augmentation{Scale: 0.5}, src, rng), side)
		require.InDelta(t, 20, row, 1e-2)
		require.InDelta(t, 20, col, 1e-2)
		logs = append(logs, math.Log(after/before)/2)
	}
	assert.InDelta(t, 0, stat.Mean(logs, nil), 4*0.5/math.Sqrt(3*300)+0.01)
	assert.InDelta(t, 0.25/3, stat.Variance(logs, nil), 0.015)
	assert.InDelta(t, 0.5, slices.Max(logs), 0.03)
	assert.InDelta(t, -0.5, slices.Min(logs), 0.03)
}

// Rotation carries a spot off the centre along a circle, as far as the angle says and no farther.
func TestRotation(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	src := blob(side, 20, 30, 1.5)
	var angles []float64
	for range 300 {
		_, row, col, _ := moments(view(Augmentation{Rotation: 0.6}, src, rng), side)
		require.InDelta(t, 10, math.Hypot(row-20, col-20), 0.05)
		angles = append(angles, math.Atan2(row-20, col-20))
	}
	assert.InDelta(t, 0.6, slices.Max(angles), 0.03)
	assert.InDelta(t, -0.6, slices.Min(angles), 0.03)
	assert.InDelta(t, 0.36/3, stat.Variance(angles, nil), 0.02)
}

// Shear moves a spot sideways in proportion to its height, and leaves the height.
func TestShear(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	src := blob(side, 28, 20, 1.5)
	var d []float64
	for range 300 {
		_, row, col, _ := moments(view(Augmentation{Shear: 0.5}, src, rng), side)
		require.InDelta(t, 28, row, 0.05)
		d = append(d, (col-20)/8)
	}
	assert.InDelta(t, 0.5, slices.Max(d), 0.03)
	assert.InDelta(t, -0.5, slices.Min(d), 0.03)
}

// The order of the parts of the map: shear, then rotation, then scale, then shift. A spot at (x, y) from the centre
// goes to s R (x + k y, y) + d.
func TestParts(t *testing.T) {
	a := Augmentation{Shift: 3, Scale: 0.3, Rotation: 0.5, Shear: 0.4}
	rng, same := rand.New(rand.NewPCG(6, 1)), rand.New(rand.NewPCG(6, 1))
	for range 20 {
		x, y := 5.0, -4.0
		_, row, col, _ := moments(view(a, blob(side, 20+y, 20+x, 1.2), rng), side)
		u := func(limit float64) float64 { return limit * (2*same.Float64() - 1) }
		dx, dy := u(a.Shift), u(a.Shift)
		s, angle := math.Exp(u(a.Scale)), u(a.Rotation)
		k := u(a.Shear)
		for range 4 { // erasing
			same.Float64()
		}
		x += k * y
		assert.InDelta(t, 20+dx+s*(x*math.Cos(angle)-y*math.Sin(angle)), col, 0.15)
		assert.InDelta(t, 20+dy+s*(x*math.Sin(angle)+y*math.Cos(angle)), row, 0.15)
	}
}

func TestNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	src := make([]float32, side*side)
	for i := range src {
		src[i] = 0.5
	}
	var x []float64
	for range 20 {
		for _, v := range view(Augmentation{Noise: 0.1}, src, rng) {
			x = append(x, float64(v))
		}
	}
	// Pixels at the edge stay 1/2: the identity reads them whole.
	assert.InDelta(t, 0.5, stat.Mean(x, nil), 4*0.1/math.Sqrt(float64(len(x))))
	assert.InDelta(t, 0.1, stat.StdDev(x, nil), 4*0.1/math.Sqrt(2*float64(len(x))))
	bright := view(Augmentation{Noise: 3}, src, rng)
	assert.LessOrEqual(t, slices.Max(bright), float32(1))
	assert.GreaterOrEqual(t, slices.Min(bright), float32(0))
}

// Erasing blanks one rectangle of sides uniform in [0, Erase] of the picture's: a quarter of Erase squared on average.
func TestErase(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	src := make([]float32, side*side)
	for i := range src {
		src[i] = 1
	}
	var areas []float64
	for range 1000 {
		x := view(Augmentation{Erase: 0.6}, src, rng)
		top, bottom := side, -1
		left, right := side, -1
		n := 0
		for i, v := range x {
			if v == 0 {
				top, bottom = min(top, i/side), max(bottom, i/side)
				left, right = min(left, i%side), max(right, i%side)
				n++
			}
		}
		if n > 0 {
			require.Equal(t, (bottom-top+1)*(right-left+1), n, "a rectangle")
		}
		areas = append(areas, float64(n)/side/side)
	}
	assert.InDelta(t, 0.09, stat.Mean(areas, nil), 5*stat.StdDev(areas, nil)/math.Sqrt(1000))
	assert.Less(t, slices.Max(areas), 0.37)
}

// Two views of each image, in order, from one stream; the same stream gives the same, and a view takes the same draws
// whatever the image.
func TestViews(t *testing.T) {
	a := Augmentation{Shift: 1, Scale: 0.2, Rotation: 0.3, Shear: 0.3, Noise: 0.1, Erase: 0.3}
	src := uniforms(rand.New(rand.NewPCG(9, 1)), 3*5*7)
	one, two := make([]float32, 2*len(src)), make([]float32, 2*len(src))
	a.Views(one, src, 5, 7, rand.New(rand.NewPCG(10, 1)))
	a.Views(two, src, 5, 7, rand.New(rand.NewPCG(10, 1)))
	assert.Equal(t, one, two)
	rng := rand.New(rand.NewPCG(10, 1))
	for n := range 6 {
		want := make([]float32, 35)
		a.View(want, src[n%3*35:][:35], 5, 7, rng)
		assert.Equal(t, want, one[n*35:(n+1)*35])
	}
	assert.NotEqual(t, one[:35], one[3*35:4*35], "the views of an image differ")
	blank := slices.Clone(src)
	clear(blank[:35])
	a.Views(two, blank, 5, 7, rand.New(rand.NewPCG(10, 1)))
	assert.Equal(t, one[35:3*35], two[35:3*35])
	assert.Panics(t, func() { a.Views(one, src, 5, 6, rng) })
	assert.Panics(t, func() { a.View(one, src, 5, 7, rng) })
}

func TestAugmentationValidate(t *testing.T) {
	assert.NoError(t, Augmentation{Shift: 2, Scale: 0.1, Rotation: 1, Shear: 0.1, Noise: 0.1, Erase: 1}.Validate())
	for name, a := range map[string]Augmentation{
		"Shift": {Shift: -1}, "Scale": {Scale: math.NaN()}, "Rotation": {Rotation: 4},
		"Noise": {Noise: math.Inf(1)}, "Erase": {Erase: 1.1},
	} {
		assert.ErrorContains(t, a.Validate(), name)
	}
}
