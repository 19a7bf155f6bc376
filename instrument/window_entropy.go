package instrument

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"
)

// WindowSettings changes what [WindowEntropy] measures. nil and the zero value mean the defaults.
type WindowSettings struct {
	Points int      // points of the window; 0 means 32, less than 5 is a panic
	Params []string // names of the parameters that are measured together, such as one layer's; nil means all
	Name   string   // name of the quantity, needed where it is tracked twice; "" means "s_theta_window"
}

// WindowEntropy returns S(Theta) of one run, defined here as the Gaussian entropy
//
//	S = 1/2 ln det( 2 pi e C ),   C = 1/(n-2) sum_t x_t x_t^T
//
// of the weights' fluctuations x_t about their drift: theta at the last n scheduled steps, less the straight line
// that fits each weight best over the window (which uses up two of the n degrees of freedom). In few dimensions,
// d <= (n-2)/2, the bias of ln det C is subtracted ([entropy.PlugIn]); in more, C is shrunk towards its diagonal and
// its log-determinant comes from the n x n Gram matrix ([entropy.Shrinkage]). No d x d matrix over many weights is
// formed.
//
// Assumptions: within the window the weights fluctuate, as a Gaussian, about a straight line, and the n points
// are independent of each other, that is, scheduled further apart than the weights remember (1/(r l) steps of
// SGD with rate r at curvature l). The autocorrelation of x over the window is looked at: where it is plain
// (twice its error at one step of the schedule), a warning gives the effective number of points, N, and there is
// no interval; S is then that of the window alone, lower than the stationary one. Slow directions, whose
// fluctuations are longer than the window, are counted as drift.
//
// The window must be evenly spaced: it begins anew when the spacing of the scheduled steps changes, and until it
// is full the reading is unknown. With d >> n report differences between windows of one run only.
//
// Unit: nats; differences do not depend on the unit of weights. Cost of a scheduled step: a copy of the weights
// until the window is full, then O(n^2 d) time; memory: 2 n copies of the weights, n of them in float64.
func WindowEntropy(s *WindowSettings) Stateful {
	q := &windowEntropy{name: "s_theta_window", points: 32}
	if s != nil {
		q.params = slices.Clone(s.Params)
		if s.Points != 0 {
			q.points = s.Points
		}
		if s.Name != "" {
			q.name = s.Name
		}
	}
	if q.points < 5 {
		panic(fmt.Sprintf("instrument: WindowEntropy: a window of %d points: at least 5", q.points))
	}
	q.window = newWindow(q.points)
	return q
}

type windowEntropy struct {
	name   string
	points int
	params []string
	window window
	rows   [][]float64 // the window without its drift; made when first full
}

func (q *windowEntropy) Info() Info {
	of := "all weights"
	if q.params != nil {
		of = strings.Join(q.params, ", ")
	}
	return Info{
		Name: q.name, Symbol: "S(Theta)", Unit: "nats", Title: "entropy of the weights in a window",
		Doc: fmt.Sprintf("Gaussian entropy of the fluctuations of %s about their drift over the last %d scheduled steps",
			of, q.points),
		Assumption: "Gaussian fluctuations about a straight line, at steps far enough apart to be independent",
		Cost:       "O(window^2 d) time, O(window d) memory",
		Ref:        "Hannart & Naveau 2014, J. Multivariate Anal. 131, 149 (shrinkage)",
	}
}

func (q *windowEntropy) Fresh() Quantity {
	return WindowEntropy(&WindowSettings{Points: q.points, Params: q.params, Name: q.name})
}

func (q *windowEntropy) Measure(s *Step) (Reading, error) {
	params, err := s.Params()
	if err != nil {
		return Reading{}, err
	}
	if q.params != nil {
		params = slices.DeleteFunc(slices.Clone(params), func(p Param) bool { return !slices.Contains(q.params, p.Name) })
		if len(params) != len(q.params) {
			return estimate.Unknown("not all of %v are among the parameters that this solver trains", q.params), nil
		}
	}
	q.window.push(s.Number).setWeights(params)
	if !q.window.full() {
		return estimate.Unknown("the window holds %d of %d evenly spaced points", q.window.n, q.points), nil
	}
	q.detrend()
	return q.reading(), nil
}

// detrend fills the rows with the window, oldest point first, less each weight's least-squares line.
func (q *windowEntropy) detrend() {
	first := q.window.at(0)
	d := len(first.x32) + len(first.x64)
	if q.rows == nil {
		q.rows = make([][]float64, q.points)
		for t := range q.rows {
			q.rows[t] = make([]float64, d)
		}
	}
	mean, slope := make([]float64, d), make([]float64, d)
	n := float64(q.points)
	for t, row := range q.rows {
		x := q.window.at(t)
		difference(row, x.x32, first.x32)
		difference(row[len(x.x32):], x.x64, first.x64)
		for j, v := range row {
			mean[j] += v / n
			slope[j] += v * centred(t, n) / (n * (n*n - 1) / 12)
		}
	}
	for t, row := range q.rows {
		for j := range row {
			row[j] -= mean[j] + slope[j]*centred(t, n)
		}
	}
}

// centred returns the time of point t about the middle of a window of n.
func centred(t int, n float64) float64 { return float64(t) - (n-1)/2 }

// difference writes a - b into dst. Weights that stand still become exactly 0.
func difference[T float32 | float64](dst []float64, a, b []T) {
	for i, x := range a {
		dst[i] = float64(x) - float64(b[i])
	}
}

func (q *windowEntropy) reading() Reading {
	dof := q.points - 2
	var r Reading
	if 2*len(q.rows[0]) <= dof {
		r = entropy.PlugIn(q.rows, float64(dof))
	} else {
		r = entropy.Shrinkage(q.rows, float64(dof))
	}
	if !r.Known() {
		return r
	}
	tau := autocorrelationTime(q.rows)
	r.N = float64(q.points) / tau
	if tau > 1 {
		r.SE, r.Confidence = math.NaN(), 0
		r.Lo, r.Hi = math.NaN(), math.NaN()
		r = r.Warn("the points are correlated in time, %.1f of them count as independent out of %d: S is that of the "+
			"window, lower than the stationary one; schedule them further apart", r.N, q.points)
	}
	return r
}

// autocorrelationTime returns 1 + 2 sum_k rho_k, rho_k the autocorrelation at lag k of the detrended rows,
// summed over columns, from k = 1 for as long as it exceeds twice its error. For white noise with covariance C
// that is sqrt( tr(C^2)/tr(C)^2 / n ), taken from the Gram matrix of the rows, which gives it too large. Detrending
// makes white noise anticorrelated, sum_t E[x_t x_{t+k}] = -sigma^2 sum_t H_{t,t+k} with H the projection on
// straight lines; this is put right.
func autocorrelationTime(rows [][]float64) float64 {
	n := len(rows)
	m := float64(n)
	lagged := make([]float64, n)
	var square float64
	for t, x := range rows {
		for u := t; u < n; u++ {
			k := dot64(x, rows[u])
			lagged[u-t] += k
			square += k * k
			if u > t {
				square += k * k
			}
		}
	}
	threshold := 2 * math.Sqrt(square/m) / lagged[0]
	variance := lagged[0] / (m - 2)
	tau := 1.0
	for k := 1; k < n/2; k++ {
		var hat float64
		for t := 0; t+k < n; t++ {
			hat += 1/m + centred(t, m)*centred(t+k, m)/(m*(m*m-1)/12)
		}
		rho := (lagged[k] + hat*variance) / (float64(n-k) * variance)
		if rho < threshold {
			break
		}
		tau += 2 * rho
	}
	return tau
}
