package information

import (
	"math"
	"math/rand/v2"
	"slices"

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
	r := newRun(k, k.x, k.y)
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
	order := rng.Perm(k.n)
	for i := range m {
		part := order[i*size : (i+1)*size]
		values = append(values, newRun(k, k.x.pick(part), k.y.pick(part)).estimate(nil))
	}
	return values, size
}

// null returns what the estimator makes of random pairings, and how many of them reach the value.
func (k *ksg) null(value float64) (null estimate.Estimate, reached int) {
	r := newRun(k, k.x, k.y)
	values := make([]float64, k.Permutations)
	for i := range values {
		values[i] = r.estimate(ksgStream(k.Seed, uint64(3+i)).Perm(k.n))
		if values[i] >= value {
			reached++
		}
	}
	return nullOf(values), reached
}

// ksgStream returns one of the independent random streams of a seed.
func ksgStream(seed, purpose uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, purpose)) }

// run holds the searches and the buffers for pairings of the same x and y.
type run struct {
	*ksg
	x, y           *side
	n              int
	xNear, yNear   *neighbours.Counter
	joint          []float64 // n x (dx+dy)
	dist           []float64 // n x K
	xRadii, yRadii []float64
	xCount, yCount []int
}

func newRun(k *ksg, x, y *side) *run {
	n := x.n
	return &run{
		ksg: k, x: x, y: y, n: n,
		xNear: neighbours.NewCounter(x.points, x.dim), yNear: neighbours.NewCounter(y.points, y.dim),
		joint:  make([]float64, n*(x.dim+y.dim)),
		xRadii: make([]float64, n), yRadii: make([]float64, n),
		xCount: make([]int, n), yCount: make([]int, n),
	}
}

// estimate returns the estimate with row i of x paired with row pair[i] of y; nil pairs them as they are.
func (r *run) estimate(pair []int) float64 {
	d := r.x.dim + r.y.dim
	join(r.joint, r.x, r.y, pair)
	r.dist = neighbours.Distances(r.joint, d, r.K)
	for i := range r.n {
		e := r.dist[(i+1)*r.K-1]
		r.xRadii[i], r.yRadii[partner(pair, i)] = e, e
	}
	r.xNear.Count(r.xRadii, r.xCount)
	r.yNear.Count(r.yRadii, r.yCount)
	sum := 0.0
	for i := range r.n {
		sum += r.psi[r.xCount[i]+1] + r.psi[r.yCount[i]+1]
	}
	return r.psi[r.K] + r.psi[r.n] - sum/float64(r.n)
}

// join writes row i of x and row pair[i] of y side by side into joint.
func join(joint []float64, x, y *side, pair []int) {
	d := x.dim + y.dim
	for i := range x.n {
		copy(joint[i*d:], x.row(i))
		copy(joint[i*d+x.dim:], y.row(partner(pair, i)))
	}
}

// partner returns pair[i], and i where there are no pairings.
func partner(pair []int, i int) int {
	if pair == nil {
		return i
	}
	return pair[i]
}

// locality compares, over up to a thousand points, the median distance of the k-th neighbour that the last
// estimate found with that of an arbitrary other point.
func (r *run) locality() float64 {
	m := min(r.n, 1000)
	near, far := make([]float64, m), make([]float64, m)
	d := r.x.dim + r.y.dim
	for s := range m {
		i := s * r.n / m
		j := (i + r.n/2) % r.n
		near[s] = r.dist[(i+1)*r.K-1]
		for c, v := range r.joint[i*d : (i+1)*d] {
			far[s] = max(far[s], math.Abs(v-r.joint[j*d+c]))
		}
	}
	slices.Sort(near)
	slices.Sort(far)
	return near[m/2] / far[m/2]
}
