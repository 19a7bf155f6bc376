package instrument

import "calorimeter/internal/vector"

// snapshot is a copy of the weights or the gradient of a part, in their own precision.
type snapshot struct {
	x32 []float32
	x64 []float64
}

func (s *snapshot) setWeights(params []Param) {
	s.x32, s.x64 = s.x32[:0], s.x64[:0]
	for i := range params {
		s.x32 = append(s.x32, params[i].Weight32...)
		s.x64 = append(s.x64, params[i].Weight64...)
	}
}

func (s *snapshot) setGradient(params []Param) {
	s.x32, s.x64 = s.x32[:0], s.x64[:0]
	for i := range params {
		s.x32 = append(s.x32, params[i].Grad32...)
		s.x64 = append(s.x64, params[i].Grad64...)
	}
}

// dot returns the inner product of two snapshots of the same part, summed in float64.
func (s *snapshot) dot(t *snapshot) float64 { return vector.Dot(s.x32, t.x32) + dot64(s.x64, t.x64) }

func dot64(x, y []float64) float64 { return vec.Ddot(len(x), x, 1, y, 1) }

// norm2 returns the squared Euclidean norm.
func (s *snapshot) norm2() float64 { return s.dot(s) }

// distance2 returns the squared Euclidean distance from the snapshot to the weights of the same part.
func (s *snapshot) distance2(params []Param) (sum float64) {
	x32, x64 := s.x32, s.x64
	for i := range params {
		p := &params[i]
		n32, n64 := len(p.Weight32), len(p.Weight64)
		sum += vector.Distance2(x32[:n32], p.Weight32) + distance2(x64[:n64], p.Weight64)
		x32, x64 = x32[n32:], x64[n64:]
	}
	return sum
}

func distance2(a, b []float64) (sum float64) {
	for i, x := range a {
		sum += (b[i] - x) * (b[i] - x)
	}
	return sum
}

// window holds the last snapshots, taken at evenly spaced steps; a step that breaks the spacing begins it anew.
type window struct {
	size int
	ring []snapshot
	n    int // snapshots held
	next int // where the next one goes
	last int // step of the last one
	gap  int // steps between two of them
}

func newWindow(size int) window { return window{size: size, ring: make([]snapshot, size)} }

// push makes room for the snapshot of a step and returns it, to be filled.
func (w *window) push(step int) *snapshot {
	gap := step - w.last
	if w.n > 0 && (gap <= 0 || w.n > 1 && gap != w.gap) {
		w.n = 0
	}
	w.last, w.gap = step, gap
	s := &w.ring[w.next]
	w.next = (w.next + 1) % w.size
	w.n = min(w.n+1, w.size)
	return s
}

func (w *window) full() bool { return w.n == w.size }

// at returns the i-th oldest snapshot of a full window.
func (w *window) at(i int) *snapshot { return &w.ring[(w.next+i)%w.size] }
