package model

import (
	"errors"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gibbsRows is how many chains are moved at once.
const gibbsRows = 128

// gibbs samples the two layers of a restricted Boltzmann machine, each given the other, in float32, through the BLAS
// that the process has chosen.
type gibbs struct {
	dim, hidden int
	w, b, c     []float32 // as RBM, of the last load
	h           []float32 // states of the hidden layer, gibbsRows x hidden
}

func newGibbs(dim, hidden int) *gibbs {
	return &gibbs{dim: dim, hidden: hidden, h: make([]float32, gibbsRows*hidden)}
}

// load takes the present weights: it refers to those of float32 and rounds others.
func (g *gibbs) load(w, b, c *tensor.Dense) {
	g.w = single(g.w, w)
	g.b = single(g.b, b)
	g.c = single(g.c, c)
}

// single returns the elements of src, or a copy of them in dst where they are not of float32.
func single(dst []float32, src *tensor.Dense) []float32 {
	if src.Dtype() == tensor.Float32 {
		return src.Float32s()
	}
	dst = dst[:0]
	for _, v := range src.Float64s() {
		dst = append(dst, float32(v))
	}
	return dst
}

// hiddenLogits writes the logits of the hidden units given the rows of v, c + v W, into z.
func (g *gibbs) hiddenLogits(z, v []float32) {
	rows := len(z) / g.hidden
	for r := range rows {
		copy(z[r*g.hidden:(r+1)*g.hidden], g.c)
	}
	G.WhichBLAS().Sgemm(blas.NoTrans, blas.NoTrans, rows, g.hidden, g.dim, 1, v, g.dim, g.w, g.hidden, 1, z, g.hidden)
}

// visibleLogits writes the logits of the visible units given the rows of h, bias + scale h W', into z.
func (g *gibbs) visibleLogits(z, h, bias []float32, scale float32) {
	rows := len(z) / g.dim
	for r := range rows {
		copy(z[r*g.dim:(r+1)*g.dim], bias)
	}
	G.WhichBLAS().Sgemm(blas.NoTrans, blas.Trans, rows, g.dim, g.hidden, scale, h, g.hidden, g.w, g.hidden, 1, z, g.dim)
}

// sweep draws the hidden layer given each row of x and then the row given its hidden layer.
func (g *gibbs) sweep(x []float32, rng *rand.Rand) error {
	for len(x) > 0 {
		rows := min(gibbsRows, len(x)/g.dim)
		v, h := x[:rows*g.dim], g.h[:rows*g.hidden]
		g.hiddenLogits(h, v)
		if !drawBits(h, 1, rng) {
			return errNotANumber
		}
		g.visibleLogits(v, h, g.b, 1)
		if !drawBits(v, 1, rng) {
			return errNotANumber
		}
		x = x[len(v):]
	}
	return nil
}

// drawIndependent fills the rows of x with independent bits of the given logits.
func drawIndependent(x, logits []float32, rng *rand.Rand) bool {
	for i := 0; i < len(x); i += len(logits) {
		copy(x[i:], logits)
	}
	return drawBits(x, 1, rng)
}

var errNotANumber = errors.New("a unit's conditional probability is not a number")

// drawBits replaces every logit by 1 with probability sigmoid(scale logit) and else by 0. It reports whether all were
// numbers; what is not stays.
//
// A bit is 1 if a 32-bit uniform integer lies below 2^32 sigmoid(z). Its upper half is enough, but where that is the
// same as of 2^32 sigmoid(z): only then is the lower half drawn, and probabilities are right to 2^-32. Table entries on
// both sides of z decide for all but one integer in a hundred; only for those is the logistic function evaluated. Four
// bits share one draw of rng.
func drawBits(logits []float32, scale float64, rng *rand.Rand) bool {
	numbers := true
	var random uint64
	for i, logit := range logits {
		if i&3 == 0 {
			random = rng.Uint64()
		} else {
			random >>= 16
		}
		u, z := random&math.MaxUint16, scale*float64(logit)
		position := (z + logisticNats) * cellsPerNat
		cell := uint(int(position))
		if cell >= logisticCells { // outside the table
			if z != z {
				numbers = false
				continue
			}
			cell = 0
			if position > 0 {
				cell = logisticCells - 1
			}
		}
		below, above := thresholds[cell], thresholds[cell+1]
		d := u - below // wraps round to a large number if u < below
		if d <= above-below {
			p := (1 << 32) / (1 + math.Exp(-z))
			upper := uint64(p) >> 16
			d = u - upper
			if d == 0 && float64(u<<16|rng.Uint64()>>48) < p {
				d = 1 << 63
			}
		}
		logits[i] = float32(int64(d >> 63))
	}
	return numbers
}

// thresholds[i] is 2^16 sigmoid(z), rounded down, at the lower end of cell i; beyond the table the outermost cells
// serve.
var thresholds = func() (t [logisticCells + 1]uint64) {
	for i := range t {
		t[i] = uint64((1 << 16) * sigmoid64(float64(i)/cellsPerNat-logisticNats))
	}
	return t
}()
