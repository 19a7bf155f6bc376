package ensemble

import (
	"context"
	"math"
	"math/rand/v2"

	"calorimeter/instrument"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
)

// What every kind of training shares that knows a loss of single examples: which of them to ask for, what their losses
// tell, and against which chance it is read.

// Memorization is what the weights hold of single examples of their training sets at one observation, in nats.
type Memorization struct {
	Examples int                    // N of one training set
	Pool     int                    // n that sets which share some were drawn from; 0 where they are disjoint
	MInfo    estimate.Estimate      // lower bound on I(Theta;B), example by example
	CMI      estimate.Estimate      // the same with one ghost beside each example
	Mem      estimate.Estimate      // mean over training examples of mem(z), nats an example
	Memories [][]information.Memory // of single examples, [d][i], of those of a pool [0][i]; nil where not all were judged
}

// Memorize estimates it; see [information.MemorizedExamples], [information.MeanMemory] and [information.Memories].
func Memorize(l *information.ExampleLosses) Memorization {
	told := information.MemorizedExamples(l)
	m := Memorization{Examples: l.Size, MInfo: told.MInfo, CMI: told.CMI, Mem: information.MeanMemory(l)}
	all := len(l.Own) > 0 && len(l.Own[0]) == l.Size
	if l.Pool != nil {
		m.Pool = l.Pool.Size
		all = len(l.Pool.Losses) == l.Pool.Size
	}
	if all {
		m.Memories = information.Memories(l, told.Shares)
	}
	return m
}

// MemorizationNulls reads m_info and cmi against own examples and ghosts dealt at random, so many times
// ([information.NullExamples]); those that are known, by name. It draws from a stream of its own, seeded by seed.
// Its error is that of ctx.
func MemorizationNulls(
	ctx context.Context, l *information.ExampleLosses, permutations int, seed uint64,
) (map[string]record.Null, error) {
	told := information.NullExamples(ctx, l, permutations, rand.New(instrument.Stream(seed, -1, -1, "null of examples")))
	kept := map[string]record.Null{}
	for name, e := range map[string]estimate.Estimate{"m_info": told.MInfo, "cmi": told.CMI} {
		if e.Known() {
			kept[name] = record.Null{Mean: e.Value, Hi: e.Hi, Permutations: int(e.N)}
		}
	}
	return kept, ctx.Err()
}

// Asked returns the rows of the examples of a training set of the given size that all replicas judge: so many at
// random, or all in their order.
func Asked(seed uint64, set, size, most int) []int {
	rows := make([]int, size)
	for i := range rows {
		rows[i] = i
	}
	if size <= most {
		return rows
	}
	return rand.New(instrument.Stream(seed, set, -1, "examples")).Perm(size)[:most]
}

// NewLosses returns the losses that [EnterLosses] fills: of so many examples asked of each training set of the given
// size, under no replica yet.
func NewLosses(sets, perSet, size int, asked []int) information.ExampleLosses {
	l := information.ExampleLosses{Sets: sets, Replicas: perSet, Size: size}
	for _, rows := range asked {
		l.Own = append(l.Own, make([][]float64, rows))
	}
	return l
}

// EnterLosses enters the losses under the next replica: of the examples asked, set by set in one piece or those of the
// pool, and of the ghosts.
func EnterLosses(l *information.ExampleLosses, own, ghosts []float64) {
	for d, rows := range l.Own {
		l.Own[d], own = entered(rows, own[:len(rows)]), own[len(rows):]
	}
	if l.Pool != nil {
		l.Pool.Losses = entered(l.Pool.Losses, own)
	}
	l.Ghosts = entered(l.Ghosts, ghosts)
}

// entered appends what the next replica says of each row.
func entered(rows [][]float64, next []float64) [][]float64 {
	if rows == nil {
		rows = make([][]float64, len(next))
	}
	for i, v := range next {
		rows[i] = append(rows[i], v)
	}
	return rows
}

// MemorizationQuantity is a number of a [Memorization]: its declaration, and how it is read off.
type MemorizationQuantity struct {
	record.Info
	Of    func(m *Memorization) estimate.Estimate
	Limit func(examples, pool int) float64 // what it cannot pass, for sets of N examples, of a pool or not; nil: nothing
}

// MemorizationQuantities are m_info, cmi and mem.
func MemorizationQuantities() []MemorizationQuantity {
	return []MemorizationQuantity{mInfoQuantity, cmiQuantity, memQuantity}
}

// ofRow is the same as a quantity of an ensemble.
func (q MemorizationQuantity) ofRow() quantity {
	own := quantity{Info: q.Info, of: ofRow(func(r *Row) estimate.Estimate { return q.Of(&r.Memorization) })}
	if q.Limit != nil {
		own.ceiling = func(d design) float64 { return q.Limit(d.examples, d.pool) }
	}
	return own
}

// memorizations are those of the rows.
func memorizations(rows []*Row) (all []*Memorization) {
	for _, r := range rows {
		all = append(all, &r.Memorization)
	}
	return all
}

var (
	weightInformationPanel = record.Panel{
		Figure: "information", Title: "What the weights hold of the training set", Axis: "M-info (nats)", Overview: 2,
	}
	generalizationPanel = record.Panel{
		Figure: "generalization", Title: "Generalization gap", Axis: "test loss − training loss (nats per sample)",
	}
)

var mInfoQuantity = MemorizationQuantity{Info: record.Info{
	Name: "m_info", Title: "M-info, lower bound", Symbol: "M-info", Unit: "nats", Panel: weightInformationPanel, Rank: 3,
	Headline: true,
	Doc: "I(Θ;B) >= Σ I(Θ;Z_i): what the weights hold of the training set, told example by example: its " +
		"own loss beside those of all ghosts, examples that no replica was trained on; at most N ln(ghosts + 1); of " +
		"training sets that share a pool, which N of its n examples they hold, at most ln C(n, N)",
	Assumption: "independent examples, and ghosts of their population; what the weights hold of examples together, " +
		"and not of each, is missed, and what they hold of a shared pool whichever part was trained on",
	Ref: "Bu, Zou & Veeravalli 2020, arXiv:1901.04609; Poole et al. 2019, arXiv:1905.06922",
}, Of: func(m *Memorization) estimate.Estimate { return m.MInfo }}

var cmiQuantity = MemorizationQuantity{Info: record.Info{
	Name: "cmi", Title: "conditional mutual information", Symbol: "CMI", Unit: "nats", Panel: weightInformationPanel,
	Rank: 10, Headline: true,
	Doc: "M-info with one ghost beside each example: which of the two the weights were trained on, summed over the " +
		"training set; at most N ln 2; of training sets that share a pool it is M-info",
	Assumption: "as of M-info", Ref: "Steinke & Zakynthinou 2020, arXiv:2001.09122",
}, Limit: lnMembers, Of: func(m *Memorization) estimate.Estimate { return m.CMI }}

var memQuantity = MemorizationQuantity{Info: record.Info{
	Name: "mem", Title: "memorization of an example", Symbol: "mem", Unit: "nats per sample", Panel: generalizationPanel,
	Doc: "loss of a training example under replicas of training sets that do not hold it less that under those of its " +
		"own, relative to examples that none was trained on; in expectation the generalization gap, seen on the same " +
		"examples",
	Assumption: "which examples training sets share, if any, is known",
	Ref:        "Feldman & Zhang 2020, arXiv:2008.03703",
}, Of: func(m *Memorization) estimate.Estimate { return m.Mem }}

// lnMembers is the ceiling of what tells each of N examples from a ghost, or which N of a pool they are.
func lnMembers(examples, pool int) float64 {
	if pool > 0 {
		return information.LogChoices(pool, examples)
	}
	return float64(examples) * math.Ln2
}
