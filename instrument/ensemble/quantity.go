package ensemble

import (
	"cmp"
	"math"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

// quantity is a number that every observation of an ensemble measures: its declaration, and how it is computed. Each is
// declared in one place, by a file of its own or beside its kind; nothing else names it.
type quantity struct {
	record.Info
	// of computes it. The row holds what several quantities share; earlier are the rows before it.
	of func(o *Observation, row *Row, earlier []*Row) estimate.Estimate
	// only says to which models it applies; nil means all.
	only func(r Roles) bool
	// ceiling is what it cannot pass; nil means nothing.
	ceiling func(d design) float64
}

// design is what a run is made of, as far as quantities and their ceilings depend on it.
type design struct {
	roles          Roles
	parts          []Part
	sets, examples int // D and N
	pool           int // examples that sets which share some were drawn from; 0 where they are disjoint
}

func (e *Ensemble) design() design {
	return design{
		roles: e.roles, parts: e.Parts(), sets: len(e.sets), examples: len(e.sets[0]) / e.dim,
		pool: len(e.config.Pool) / e.dim,
	}
}

func (o *Observation) design() design {
	return design{roles: o.Roles, parts: o.Parts, sets: o.Sets, examples: o.Examples, pool: o.pool()}
}

// quantities are all that were declared, in the order of the files that do and of the declarations in each.
var quantities []quantity

// declare adds quantities to what is measured.
func declare(q ...quantity) bool {
	quantities = append(quantities, q...)
	return true
}

// quantitiesOf returns what is measured in a run.
func quantitiesOf(d design) (of []quantity) {
	for _, q := range quantities {
		if q.only != nil && !q.only(d.roles) {
			continue
		}
		if q.ceiling != nil {
			q.Ceiling = q.ceiling(d)
		}
		of = append(of, q)
	}
	of = append(of, partQuantities(d.parts)...)
	slices.SortStableFunc(of, func(a, b quantity) int { return cmp.Compare(place(a), place(b)) })
	return of
}

// place orders quantities as the overview does, what is not in it last.
func place(q quantity) int {
	if q.Panel.Overview == 0 {
		return math.MaxInt
	}
	return q.Panel.Overview
}

// Declarations implements [Trainee].
func (e *Ensemble) Declarations() []record.Info {
	return declarations(e.design())
}

func declarations(d design) (infos []record.Info) {
	for _, q := range quantitiesOf(d) {
		infos = append(infos, q.Info)
	}
	return infos
}

// Event implements [Summary].
func (row *Row) Event(declared []record.Info) record.Event {
	e := record.Event{Step: row.Step, Columns: declared}
	for i, info := range declared {
		e.Readings = append(e.Readings, record.Named{Info: info, Reading: row.Readings[i]})
	}
	return e
}

// ofRow makes a quantity's function of a field of the row.
func ofRow(f func(row *Row) estimate.Estimate) func(*Observation, *Row, []*Row) estimate.Estimate {
	return func(_ *Observation, row *Row, _ []*Row) estimate.Estimate { return f(row) }
}

// Models that some quantities apply to.
func sampled(r Roles) bool      { return !r.Silent }
func unnormalised(r Roles) bool { return r.Unnormalised && !r.Silent }
func langevin(r Roles) bool     { return !r.Foreign }
func markov(r Roles) bool       { return r.Markov }
func rejects(r Roles) bool      { return r.Rejects }
func labelled(r Roles) bool     { return r.Labels > 0 }
func projected(r Roles) bool    { return r.Projected }

// The sources that several quantities share.
const (
	parsi     = "Parsi 2024, Entropy 26(2) 112, arXiv:2310.19802"
	jarzynski = "Jarzynski 1997, Phys. Rev. Lett. 78, 2690"
	poole     = "Poole et al. 2019, arXiv:1905.06922; L-info in learning: " + parsi
)

// Quantities declares all that an ensemble of any model can measure, in the order of the record; parameters of a
// network add a change of entropy each.
func Quantities() (infos []record.Info) {
	all := slices.Clone(quantities)
	slices.SortStableFunc(all, func(a, b quantity) int { return cmp.Compare(place(a), place(b)) })
	for _, q := range all {
		infos = append(infos, q.Info)
	}
	return infos
}
