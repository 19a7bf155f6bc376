package information

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// width is how many numbers a critic weighs: 1, c over the pooled spread, c over the spread of the example, the rank of
// the loss among the ghosts, and the logarithm of the rank.
const width = 5

// critic is the logistic fit f = w . x of own against ghost.
type critic [width]float64

func (f critic) of(x [width]float64) (score float64) {
	for i, w := range f {
		score += w * x[i]
	}
	return score
}

// blind reports whether f weighs nothing that tells one example from another.
func (f critic) blind() bool { return f == critic{f[0]} }

// shrinkage is how many replicas the pooled spread counts for beside those that an example's own spread is of.
const shrinkage = 8

// calibrated returns c of rows under replica (d, r), the mean loss under references less the loss there, and the
// variance of the references' losses and how many they are. References are all replicas but those of training set d
// and, where a critic is fitted for a fold, of that; -1 is none.
func (t *telling) calibrated(rows []int, d, r, fold int) (c, variance []float64, references float64) {
	c, variance = make([]float64, len(rows)), make([]float64, len(rows))
	for i, row := range rows {
		m := t.all[row].less(t.ofSet[row][d])
		if fold >= 0 {
			m = m.less(t.ofFold[row][fold])
		}
		mean := m.sum / m.n
		c[i] = mean - t.loss[row][d*t.replicas+r]
		variance[i] = max(0, m.squares/m.n-mean*mean)
		references = m.n
	}
	return c, variance, references
}

// rounding is the spread of losses, relative to their size, that arithmetic makes where replicas are alike.
const rounding = 1e-7

// lot returns most of the rows, and others for the next replica: what all replicas were told by the same few would be
// the luck of these. Where they are no more it returns all.
func lot(rows []int, replica, most int) (some []int) {
	if len(rows) <= most {
		return rows
	}
	for i := range most {
		some = append(some, rows[(replica*most+i)%len(rows)])
	}
	return some
}

// features returns what the critic weighs, of the own examples and of the ghosts of replica (d, r), no more than most
// of each.
func (t *telling) features(d, r, fold, most int) (own, ghosts [][width]float64) {
	s := d*t.replicas + r
	ownRows, ghostRows := lot(t.own[d], s, most), lot(t.ghosts[d], s, most)
	c, variance, references := t.calibrated(ghostRows, d, r, fold)
	ownC, ownVariance, _ := t.calibrated(ownRows, d, r, fold)
	known := variance
	if t.pooled { // which of them a set holds must not show in how they are judged
		known = slices.Concat(ownVariance, variance)
	}
	pooled, least := stat.Mean(known, nil), rounding*t.size
	alike := !(pooled > least*least)
	weigh := func(rows []int, c, variance []float64) [][width]float64 {
		x := make([][width]float64, len(c))
		for i := range c {
			if alike {
				x[i] = [width]float64{1}
				continue
			}
			spread := (references*variance[i] + shrinkage*pooled) / (references + shrinkage)
			rank := t.rank(s, t.loss[rows[i]][s])
			x[i] = [width]float64{
				1, clipped(c[i] / math.Sqrt(pooled)), clipped(c[i] / math.Sqrt(spread)), rank, math.Log(rank + finest),
			}
		}
		return x
	}
	return weigh(ownRows, ownC, ownVariance), weigh(ghostRows, c, variance)
}

// furthest is how far from 0 a calibrated loss counts, in spreads: a critic that is fitted to many knows nothing of the
// few beyond, and one ghost there would outweigh all others.
const furthest = 4

func clipped(x float64) float64 { return max(-furthest, min(furthest, x)) }

// finest is the rank below which its logarithm hardly tells one from another.
const finest = 0.02

// rank is the share of the ghosts whose loss under replica s is lower than that of a row.
func (t *telling) rank(s int, loss float64) float64 {
	i, _ := slices.BinarySearch(t.sorted[s], loss)
	return float64(i) / float64(len(t.sorted[s]))
}

// scores are those of the own examples and of the ghosts of replica (d, r).
func (t *telling) scores(f critic, d, r int) (own, ghosts []float64) {
	x, y := t.features(d, r, -1, math.MaxInt)
	for _, one := range x {
		own = append(own, f.of(one))
	}
	for _, one := range y {
		ghosts = append(ghosts, f.of(one))
	}
	return own, ghosts
}

// mostFitted is how many examples a critic is fitted to, of either side: so few numbers need no more.
const mostFitted = 2000

// critic fits own against ghost on all sets but those of a fold, each replica with the same weights. The fit is of what
// tells them apart beyond these weights.
func (t *telling) critic(fold int) critic {
	most := max(5, mostFitted/(t.sets*t.replicas))
	var x [][width]float64
	var label, weight []float64
	add := func(rows [][width]float64, y, w float64) {
		for _, one := range rows {
			x = append(x, one)
			label, weight = append(label, y), append(weight, w/float64(len(rows)))
		}
	}
	for d := range t.sets {
		for r := range t.replicas {
			if d%t.folds != fold {
				own, ghosts := t.features(d, r, fold, most)
				add(own, 1, t.weight[0])
				add(ghosts, 0, t.weight[1])
			}
		}
	}
	return logisticCritic(x, label, weight, math.Log(t.weight[0]/t.weight[1]))
}

// ridge keeps a fit finite where own and ghost are wholly apart.
const ridge = 1e-3

// logisticCritic minimises the weighted logistic loss of log-odds f + prior with a small L2 penalty by Newton's method.
// The weights are scaled to a mean of 1; the problem is convex, and the iteration ends when a step is small.
func logisticCritic(x [][width]float64, label, weight []float64, prior float64) (f critic) {
	scale := float64(len(weight)) / sumOf(weight)
	for range 50 {
		var h [width][width]float64
		var g [width]float64
		for j := range width {
			h[j][j], g[j] = ridge*float64(len(x)), ridge*float64(len(x))*f[j]
		}
		for i, one := range x {
			p := 1 / (1 + math.Exp(-f.of(one)-prior))
			w := weight[i] * scale
			for j, v := range one {
				g[j] += w * (p - label[i]) * v
				for k, u := range one[:j+1] {
					h[j][k] += w * p * (1 - p) * v * u
				}
			}
		}
		hessian, gradient := mat.NewSymDense(width, nil), mat.NewVecDense(width, g[:])
		for j := range width {
			for k := range j + 1 {
				hessian.SetSym(j, k, h[j][k])
			}
		}
		var step mat.VecDense
		if err := step.SolveVec(hessian, gradient); err != nil {
			return f
		}
		moved := 0.0
		for j := range width {
			f[j] -= step.AtVec(j)
			moved = max(moved, math.Abs(step.AtVec(j)))
		}
		if moved < 1e-6 {
			break
		}
	}
	return f
}

func sumOf(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum
}
