package information

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"calorimeter/instrument/entropy/neighbours"
	"calorimeter/instrument/estimate"
)

// ksg is the estimator of Kraskov et al. on prepared pairs.
type ksg struct {
	KSGSettings
	n    int
	x, y *side
	psi  []float64 // psi[m] is digamma(m), m = 0 unused
}

// eulerGamma is -psi(1).
const eulerGamma = 0.577215664901532860606512090082402431

func newKSG(set KSGSettings, x, y *side) *ksg {
	k := &ksg{KSGSettings: set, n: x.n, x: x, y: y, psi: make([]float64, x.n+1)}
	k.psi[1] = -eulerGamma
	for m := 1; m < k.n; m++ {
		k.psi[m+1] = k.psi[m] + 1/float64(m)
	}
	return k
}

// full returns the estimate of all pairs, and how far the k-th neighbour is in units of the distance of a random
// point (medians).
func (k *ksg) full() (value, locality float64) {
	r := newRun(k, k.x, k.y, k.Workers)
	value = r.estimate(nil)
	return value, r.locality()
}

// subsets returns the estimates of disjoint random subsets and their size.
func (k *ksg) subsets(rng *rand.Rand) (values []float64, size int) {
	m := min(10, k.n/(10*k.K))
	if m < 3 {
		return nil, 1
	}
	size = min(k.n/m, 500)
	values = make([]float64, m)
	order := rng.Perm(k.n)
	inParallel(m, k.Workers, func(_, i int) {
		part := order[i*size : (i+1)*size]
		values[i] = newRun(k, k.x.pick(part), k.y.pick(part), 1).estimate(nil)
	})
	return values, size
}

// null returns what the estimator makes of random pairings, and how many of them reach the value.
func (k *ksg) null(value float64) (null estimate.Estimate, reached int) {
	values := make([]float64, k.Permutations)
	runs := make([]*run, max(1, min(k.Workers, k.Permutations)))
	inParallel(k.Permutations, k.Workers, func(worker, i int) {
		if runs[worker] == nil {
			runs[worker] = newRun(k, k.x, k.y, 1)
		}
		values[i] = runs[worker].estimate(ksgStream(k.Seed, uint64(3+i)).Perm(k.n))
	})
	for _, v := range values {
		if v >= value {
			reached++
		}
	}
	return nullOf(values), reached
}

// ksgStream returns one of the independent random streams of a seed.
func ksgStream(seed, purpose uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, purpose)) }

// inParallel calls f(worker, i) for i = 0..n-1, on as many goroutines as there are workers.
func inParallel(n, workers int, f func(worker, i int)) {
	workers = max(1, min(workers, n))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(w, i)
			}
		})
	}
	wg.Wait()
}

// run holds the searches and the buffers for pairings of the same x and y.
type run struct {
	*ksg
	x, y           *side
	n, workers     int
	xIndex, yIndex *neighbours.Index
	joint          []float64 // n x (dx+dy)
	idx            []int     // n x K
	dist           []float64 // n x K
	xRadii, yRadii []float64
	xCount, yCount []int
}

func newRun(k *ksg, x, y *side, workers int) *run {
	n := x.n
	return &run{
		ksg: k, x: x, y: y, n: n, workers: workers,
		xIndex: newIndex(x.points, x.dim, workers), yIndex: newIndex(y.points, y.dim, workers),
		joint: make([]float64, n*(x.dim+y.dim)),
		idx:   make([]int, n*k.K), dist: make([]float64, n*k.K),
		xRadii: make([]float64, n), yRadii: make([]float64, n),
		xCount: make([]int, n), yCount: make([]int, n),
	}
}

// newIndex searches points that newSide has found to be finite.
func newIndex(points []float64, dim, workers int) *neighbours.Index {
	index, err := neighbours.New(points, dim, neighbours.Chebyshev)
	if err != nil {
		panic("information: " + err.Error())
	}
	index.Workers = workers
	return index
}

// estimate returns the estimate with row i of x paired with row pair[i] of y; nil pairs them as they are.
func (r *run) estimate(pair []int) float64 {
	partner := func(i int) int {
		if pair == nil {
			return i
		}
		return pair[i]
	}
	d := r.x.dim + r.y.dim
	for i := range r.n {
		copy(r.joint[i*d:], r.x.row(i))
		copy(r.joint[i*d+r.x.dim:], r.y.row(partner(i)))
	}
	newIndex(r.joint, d, r.workers).NearestAll(r.K, r.idx, r.dist)
	for i := range r.n {
		ex := r.dist[(i+1)*r.K-1]
		ey := ex
		if r.Algorithm == 2 {
			ex, ey = 0, 0
			for _, j := range r.idx[i*r.K : (i+1)*r.K] {
				ex = max(ex, maxNorm(r.x.row(i), r.x.row(j)))
				ey = max(ey, maxNorm(r.y.row(partner(i)), r.y.row(partner(j))))
			}
		}
		r.xRadii[i], r.yRadii[partner(i)] = ex, ey
	}
	closed := r.Algorithm == 2
	r.xIndex.CountAll(r.xRadii, closed, r.xCount)
	r.yIndex.CountAll(r.yRadii, closed, r.yCount)
	sum, own := 0.0, 1
	if closed {
		own = 0
	}
	for i := range r.n {
		sum += r.psi[r.xCount[i]+own] + r.psi[r.yCount[i]+own]
	}
	value := r.psi[r.K] + r.psi[r.n] - sum/float64(r.n)
	if closed {
		value -= 1 / float64(r.K)
	}
	return value
}

// maxNorm is the max-norm of p - q.
func maxNorm(p, q []float64) float64 {
	m := 0.0
	for j, v := range p {
		m = max(m, math.Abs(v-q[j]))
	}
	return m
}

// locality compares, over up to a thousand points, the median distance of the k-th neighbour that the last
// estimate found with that of an arbitrary other point.
func (r *run) locality() float64 {
	m := min(r.n, 1000)
	near, far := make([]float64, m), make([]float64, m)
	d := r.x.dim + r.y.dim
	row := func(i int) []float64 { return r.joint[i*d : (i+1)*d] }
	for s := range m {
		i := s * r.n / m
		near[s] = r.dist[(i+1)*r.K-1]
		far[s] = maxNorm(row(i), row((i+r.n/2)%r.n))
	}
	slices.Sort(near)
	slices.Sort(far)
	return near[m/2] / far[m/2]
}
