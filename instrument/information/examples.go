package information

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/floats"
)

// ExampleLosses are losses of single examples, in nats or any other unit, under every replica of an ensemble of D
// training sets with R replicas each: -ln p, an energy (its free energy cancels), a classifier's cross-entropy, or any
// loss of an example.
type ExampleLosses struct {
	Sets, Replicas int // D and R; replica s = d*R + r
	// Size is N, the examples of a training set. Own may hold a random part of them: the result is then that of all,
	// with a larger error.
	Size int
	// Own[d][i][s] is the loss of example i of training set d under replica s.
	Own [][][]float64
	// Ghosts[j][s] is that of ghost j: an example of the same population that no replica was trained on.
	Ghosts [][]float64
	// Pool is in the place of Own where training sets share examples; else nil.
	Pool *Pool
}

// ExampleInfo is what the weights hold of their training set, example by example.
type ExampleInfo struct {
	// MInfo is the lower bound on I(Theta;B) with all ghosts beside each example, in nats; its ceiling is N ln(J),
	// J one more than the ghosts.
	MInfo estimate.Estimate
	// CMI is the same with one ghost at a time: the conditional mutual information of the super-sample, at most N ln 2.
	CMI                 estimate.Estimate
	Ceiling, CeilingCMI float64
	// Shares[d][i] is what each of the given examples adds to MInfo, nats; of a pool Shares[0][i], mean
	// over all sets, which add up to a few nats more: see [Pool].
	Shares [][]float64
}

// MemorizedExamples bounds from below what the weights hold of their training set, by telling its examples from ghosts.
// For independent examples Z_1..Z_N of B
//
//	I(Theta;B) >= sum_i I(Theta;Z_i) >= N E ln[ J e^f(z) / ( e^f(z) + sum_{j=1..J-1} e^f(z'_j) ) ]
//
// with z an example of the replica's own set and z'_j ghosts. The first inequality is the chain rule for independent
// examples (individual-sample information: Bu, Zou & Veeravalli 2020, arXiv:1901.04609), the second InfoNCE (Poole et
// al. 2019, arXiv:1905.06922) for any critic f that is chosen without this set. With J = 2 it is the conditional mutual
// information of the super-sample (Steinke & Zakynthinou 2020, arXiv:2001.09122).
//
// The critic is a calibrated loss, relative to the mean loss of the ghosts under the same replica: c(z) = the mean loss
// of z under replicas of other sets than the replica's own and z's own, less its loss under this replica, and c over
// its spread there (of each example, shrunk to that of all), either of them at most 4; and the loss itself, as the
// share u of ghosts whose loss is lower, and ln(u + 0.02). A logistic fit of "own" against "ghost" on the other sets
// gives f, each of them judged with references of the rest. The ghosts that a candidate is ranked among are the same
// that it stands beside: the bound holds up to 1/J.
//
// It holds in expectation, whatever the network and whatever the loss; it is never negative in truth, and a negative
// value is chance. The interval is over training sets, by the jackknife, pushed out for skewness; the critics of
// different sets share data, which it does not see. Assumption: the ghosts come from the population of the examples,
// preprocessed and labelled as they are, and no two sets share an example. Where they do, ExampleLosses holds the pool
// that they were drawn from, and which of its examples a set holds is told instead: see [Pool]. Fewer than 3 sets, no
// ghosts, or losses that are not finite give no value and the reason.
//
// Cost: O(D R (n + G)) for n examples of each set and G ghosts.
func MemorizedExamples(l *ExampleLosses) ExampleInfo {
	t, err := newTelling(l)
	if err != nil {
		return unknownExamples(err)
	}
	return t.info(l)
}

// NullExamples returns what [MemorizedExamples] comes out as where the weights hold nothing of their training set: own
// and ghost are dealt at random within pairs, of a pool the examples that each set holds, and the critics fitted anew.
// The fields of its estimates are those of [CrossLogLikelihood.NullBounds]; Shares is nil. When ctx ends it returns
// within a permutation, and what it returns is not to be used. It panics on fewer than one permutation.
func NullExamples(ctx context.Context, l *ExampleLosses, permutations int, rng *rand.Rand) ExampleInfo {
	mustPermute(permutations)
	t, err := newTelling(l)
	if err != nil {
		return unknownExamples(err)
	}
	var info, cmi []float64
	for _, drawn := range permuted(ctx, permutations, func() *telling { return t.dealt(rng) },
		func(p *telling) ExampleInfo { return p.info(l) }) {
		info, cmi = append(info, drawn.MInfo.Value), append(cmi, drawn.CMI.Value)
	}
	if len(info) == 0 {
		return unknownExamples(ctx.Err())
	}
	return ExampleInfo{MInfo: nullOf(info), CMI: nullOf(cmi)}
}

func unknownExamples(err error) ExampleInfo {
	e := estimate.Unknown("%v", err)
	return ExampleInfo{MInfo: e, CMI: e, Ceiling: math.NaN(), CeilingCMI: math.NaN()}
}

// mostFolds is how many critics are fitted: with more training sets than that, a critic leaves out several.
const mostFolds = 8

// moments are the sum, the sum of squares, and the number of some losses.
type moments struct{ sum, squares, n float64 }

func (m *moments) add(v float64) {
	m.sum += v
	m.squares += v * v
	m.n++
}

func (m moments) less(o moments) moments {
	return moments{sum: m.sum - o.sum, squares: m.squares - o.squares, n: m.n - o.n}
}

// telling is the task of telling own examples from ghosts, set by set. Rows are all examples and ghosts.
type telling struct {
	sets, replicas int
	loss           [][]float64 // [row][replica]
	own, ghosts    [][]int     // of each set, rows
	folds          int         // sets are judged by the critic of the other folds; set d is of fold d modulo folds
	all            []moments   // [row] of the losses under all replicas
	ofSet, ofFold  [][]moments // [row][set] and [row][fold] of those under the replicas of a set, and of a fold
	sorted         [][]float64 // [replica] losses of the ghosts
	size           float64     // largest loss, without its sign
	pooled         bool        // own and ghosts are the examples of a pool that a set holds, and those that it does not
	weight         [2]float64  // of own and of ghosts, where a critic is fitted
}

func newTelling(l *ExampleLosses) (*telling, error) {
	switch {
	case l.Sets < 3:
		return nil, errors.New("fewer than 3 training sets are too few to tell examples by others' replicas: use 3 or more")
	case (l.Sets-2)*l.Replicas < 2:
		return nil, fmt.Errorf("a replica on each of %d training sets is too few to know the spread of a loss: use 2 or more",
			l.Sets)
	case len(l.Ghosts) == 0:
		return nil, fmt.Errorf("no examples that the replicas never saw")
	case l.Pool != nil && !(l.Size < l.Pool.Size):
		return nil, errors.New("each training set is the whole pool: there is nothing to tell")
	case l.Pool == nil && len(l.Own) != l.Sets:
		return nil, fmt.Errorf("losses of the examples of %d training sets, not of %d", len(l.Own), l.Sets)
	}
	t := &telling{
		sets: l.Sets, replicas: l.Replicas, folds: min(l.Sets, mostFolds),
		own: make([][]int, l.Sets), ghosts: make([][]int, l.Sets), weight: [2]float64{1, 1},
	}
	common := make([]float64, l.Sets*l.Replicas)
	for _, losses := range l.Ghosts {
		if err := t.complete(losses); err != nil {
			return nil, err
		}
		floats.AddScaled(common, 1/float64(len(l.Ghosts)), losses)
	}
	for d, examples := range l.Own {
		if len(examples) == 0 {
			return nil, fmt.Errorf("no example of training set %d", d)
		}
		for _, losses := range examples {
			if err := t.complete(losses); err != nil {
				return nil, err
			}
			t.own[d] = append(t.own[d], t.add(losses, common))
		}
	}
	if l.Pool != nil {
		if err := t.share(l, common); err != nil {
			return nil, err
		}
	}
	var ghosts []int
	for _, losses := range l.Ghosts {
		ghosts = append(ghosts, t.add(losses, common))
	}
	for d := range t.ghosts {
		if !t.pooled {
			t.ghosts[d] = ghosts
		}
	}
	for s := range common {
		var losses []float64
		for _, row := range ghosts {
			losses = append(losses, t.loss[row][s])
		}
		slices.Sort(losses)
		t.sorted = append(t.sorted, losses)
	}
	return t, nil
}

// complete rejects losses of an example that are not a number for each replica.
func (t *telling) complete(losses []float64) error {
	if len(losses) != t.sets*t.replicas {
		return fmt.Errorf("%d losses of an example, not one a replica (%d)", len(losses), t.sets*t.replicas)
	}
	for s, v := range losses {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("the loss of an example under replica %d is %v", s, v)
		}
		t.size = max(t.size, math.Abs(v))
	}
	return nil
}

// add enters the losses of an example, without what the ghosts have in common under each replica: an unknown free
// energy tells no example from another. It returns the row.
func (t *telling) add(losses, common []float64) int {
	relative := floats.SubTo(make([]float64, len(losses)), losses, common)
	of, folds := make([]moments, t.sets), make([]moments, t.folds)
	var all moments
	for s, v := range relative {
		of[s/t.replicas].add(v)
		folds[s/t.replicas%t.folds].add(v)
		all.add(v)
	}
	t.loss = append(t.loss, relative)
	t.all = append(t.all, all)
	t.ofSet, t.ofFold = append(t.ofSet, of), append(t.ofFold, folds)
	return len(t.loss) - 1
}

// dealt returns the task with own and ghost swapped at random in pairs of each set. Ghosts beyond the pairs are left
// out: beside them the dealt examples would still hold more than their share of the true ones.
func (t *telling) dealt(rng *rand.Rand) *telling {
	p := *t
	p.own, p.ghosts = make([][]int, t.sets), make([][]int, t.sets)
	for d := range t.sets {
		if t.pooled {
			p.own[d], p.ghosts[d] = t.anew(d, rng)
			continue
		}
		own, ghosts := slices.Clone(t.own[d]), slices.Clone(t.ghosts[d])
		rng.Shuffle(len(ghosts), func(i, j int) { ghosts[i], ghosts[j] = ghosts[j], ghosts[i] })
		pairs := min(len(own), len(ghosts))
		own, ghosts = own[:pairs], ghosts[:pairs]
		for i := range pairs {
			if rng.IntN(2) == 0 {
				own[i], ghosts[i] = ghosts[i], own[i]
			}
		}
		p.own[d], p.ghosts[d] = own, ghosts
	}
	return &p
}

// info judges every set by the critic that the others gave.
func (t *telling) info(l *ExampleLosses) ExampleInfo {
	critics := make([]critic, t.folds)
	for fold := range critics {
		critics[fold] = t.critic(fold)
	}
	if t.pooled {
		return t.membership(l.Pool.Size, l.Size, critics)
	}
	return t.amongGhosts(l.Size, critics)
}

// amongGhosts finds each own example among the ghosts.
func (t *telling) amongGhosts(size int, critics []critic) ExampleInfo {
	ghosts := len(t.ghosts[0])
	out := ExampleInfo{
		Ceiling: float64(size) * math.Log(float64(ghosts+1)), CeilingCMI: float64(size) * math.Ln2,
		Shares: make([][]float64, t.sets),
	}
	all, pairs := make([]float64, t.sets), make([]float64, t.sets)
	for d := range t.sets {
		f := critics[d%t.folds]
		out.Shares[d] = make([]float64, len(t.own[d]))
		if f.blind() {
			continue
		}
		for r := range t.replicas {
			own, ghost := t.scores(f, d, r)
			total := floats.LogSumExp(ghost)
			for i, x := range own {
				share := math.Log(float64(ghosts+1)) - softplus(total-x)
				out.Shares[d][i] += share / float64(t.replicas)
				pairs[d] += pairMean(x, ghost, i) / float64(t.replicas*len(own))
			}
		}
		all[d] = float64(size) * floats.Sum(out.Shares[d]) / float64(len(out.Shares[d]))
		pairs[d] *= float64(size)
	}
	out.MInfo, out.CMI = overUnits(all), overUnits(pairs)
	if estimate.Saturated(out.CMI.Value, out.CeilingCMI) {
		out.CMI = out.CMI.Warn("saturated: within 10 %% of its ceiling N ln 2 = %.4g", out.CeilingCMI)
	}
	if estimate.Saturated(out.MInfo.Value, out.Ceiling) {
		out.MInfo = out.MInfo.Warn("saturated: within 10 %% of its ceiling %.4g, which more ghosts would raise", out.Ceiling)
	}
	return out
}

// pairMean is the mean over ghosts y of ln[ 2 e^x / (e^x + e^y) ] for own example i: of all, or of thirty that
// change with i.
func pairMean(x float64, ghosts []float64, i int) float64 {
	n := min(len(ghosts), 30)
	var sum float64
	for k := range n {
		sum += softplus(ghosts[(i*n+k)%len(ghosts)] - x)
	}
	return math.Ln2 - sum/float64(n)
}

// softplus is ln(1 + e^x).
func softplus(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// overUnits is the mean over training sets with an interval that allows for its skewness.
func overUnits(units []float64) estimate.Estimate {
	return skewJackknife(len(units), func(skip int) float64 {
		var sum, n float64
		for i, u := range units {
			if i != skip {
				sum, n = sum+u, n+1
			}
		}
		return sum / n
	})
}
