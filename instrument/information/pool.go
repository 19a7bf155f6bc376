package information

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument/estimate"
)

// Pool is what training sets that share examples were drawn from: each holds a random N of its n examples, N being
// [ExampleLosses.Size]. What the weights hold is then told by the membership bits U_i, 1 where example i is in B. Given
// the pool and the other training sets with their replicas, those of one set are a random choice of N from n. Any
// distribution q of them that knows the rest and the weights alone gives (Barber & Agakov 2003, NeurIPS)
//
//	I(Theta;B) >= I(Theta;B|pool) >= E ln[ q(U) / p(U) ],   p(U) = 1 / C(n,N).
//
// Here q is a product over examples of q_i = N e^f / (N e^f + n - N) for U_i = 1, made to hold exactly N of them:
//
//	ln q(U)/p(U) = sum_i ln q_i(U_i)/p(U_i) - [ n h(N/n) - ln C(n,N) ] - ln P(sum_i U_i = N under the q_i),
//
// p(U_i = 1) = N/n, h its entropy in nats. The sum alone bounds sum_i I(Theta;U_i|pool), which exceeds what N of n
// examples can hold together by up to the bracket, 3.5 nats at n = 1000 and N = n/2; the last term is at least
// ln(2 pi V)/2, V the variance of that sum of bits (taken as 0 where negative; at V below 1 up to 0.1 nats too much),
// and gives the bracket back where weights tell nothing. The ceiling is ln C(n,N). Weights that hold the pool alike,
// whichever part of it they were trained on, hold nothing here: I(Theta;pool) is not seen.
//
// f is the critic of [MemorizedExamples], fitted on other sets. All that it weighs is known without the bits of the set
// that is judged. References of an example are all replicas of other sets, those of sets that hold it among them,
// whether the set at hand holds it or not; with those alone that do not, an example that all others hold would have no
// reference: of 3 or 4 sets, 29 and 14 % of the information was lost, of 8 or more nothing was gained. Losses
// are ranked among the ghosts, not among examples of the pool that the replica never saw: which these are would tell
// the bit.
type Pool struct {
	Size   int         // n
	Losses [][]float64 // [i][s], of its examples or of a random part of them under replica s
	Held   [][]bool    // [i][d], whether training set d holds that example
}

// share enters the examples of a pool, own where a set holds them and ghosts where it does not. Sets begin at different
// examples, so that critics are fitted to many.
func (t *telling) share(l *ExampleLosses, common []float64) error {
	if len(l.Pool.Losses) == 0 || len(l.Pool.Losses) != len(l.Pool.Held) {
		return fmt.Errorf("losses of %d examples of the pool, and the training sets that hold %d", len(l.Pool.Losses),
			len(l.Pool.Held))
	}
	in := float64(l.Size) / float64(l.Pool.Size)
	t.pooled, t.weight = true, [2]float64{in, 1 - in}
	for i, losses := range l.Pool.Losses {
		if err := t.complete(losses); err != nil {
			return err
		}
		if len(l.Pool.Held[i]) != l.Sets {
			return fmt.Errorf("an example of the pool is held by each of %d training sets or not, not of %d",
				len(l.Pool.Held[i]), l.Sets)
		}
		t.add(losses, common) // row i: they come first
	}
	for d := range l.Sets {
		for k, n := 0, len(t.loss); k < n; k++ {
			i := (k + d*n/l.Sets) % n
			if l.Pool.Held[i][d] {
				t.own[d] = append(t.own[d], i)
			} else {
				t.ghosts[d] = append(t.ghosts[d], i)
			}
		}
		if len(t.own[d]) == 0 || len(t.ghosts[d]) == 0 {
			return errors.New("a training set holds all examples that were judged, or none: judge more of them")
		}
	}
	return nil
}

// anew deals the examples that set d holds at random.
func (t *telling) anew(d int, rng *rand.Rand) (own, ghosts []int) {
	rows := slices.Concat(t.own[d], t.ghosts[d])
	rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows[:len(t.own[d])], rows[len(t.own[d]):]
}

// membership tells which of n examples are the size that each set holds.
func (t *telling) membership(n, size int, critics []critic) ExampleInfo {
	in := t.weight[0]
	judged := len(t.own[0]) + len(t.ghosts[0])
	all := float64(n) / float64(judged)
	ceiling := LogChoices(n, size)
	bracket := -float64(n)*(in*math.Log(in)+(1-in)*math.Log1p(-in)) - ceiling
	shares, sets := make([]float64, judged), make([]float64, t.sets)
	for d := range t.sets {
		f := critics[d%t.folds]
		if f.blind() {
			continue
		}
		for r := range t.replicas {
			own, ghosts := t.scores(f, d, r)
			var sum, variance float64
			tell := func(rows []int, scores []float64, of func(f float64) float64) {
				for i, x := range scores {
					share := of(x) - math.Log1p(in*math.Expm1(x))
					shares[rows[i]] += all * share / float64(t.sets*t.replicas)
					q := 1 / (1 + (1-in)/in*math.Exp(-x))
					sum, variance = sum+all*share, variance+all*q*(1-q)
				}
			}
			tell(t.own[d], own, func(f float64) float64 { return f })
			tell(t.ghosts[d], ghosts, func(float64) float64 { return 0 })
			sets[d] += (sum - bracket + math.Log(max(1, 2*math.Pi*variance))/2) / float64(t.replicas)
		}
	}
	e := overUnits(sets)
	if estimate.Saturated(e.Value, ceiling) {
		e = e.Warn("saturated: within 10 %% of its ceiling ln C(%d, %d) = %.4g, which a larger pool would raise", n, size,
			ceiling)
	}
	return ExampleInfo{MInfo: e, CMI: e, Ceiling: ceiling, CeilingCMI: ceiling, Shares: [][]float64{shares}}
}

// LogChoices returns ln C(n,k), the entropy in nats of a random choice of k from n.
func LogChoices(n, k int) float64 {
	all, _ := math.Lgamma(float64(n + 1))
	chosen, _ := math.Lgamma(float64(k + 1))
	left, _ := math.Lgamma(float64(n - k + 1))
	return all - chosen - left
}
