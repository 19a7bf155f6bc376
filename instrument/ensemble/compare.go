package ensemble

import "fmt"

// of is the ensemble of some of the training sets alone, ascending, for observations of snapshots that were taken for
// all of them.
func (e *Ensemble) of(sets []int) (*Ensemble, error) {
	p := *e
	p.sets, p.number = nil, sets
	p.config.Held = nil
	for i, d := range sets {
		if d < 0 || d >= len(e.sets) || i > 0 && d <= sets[i-1] {
			return nil, fmt.Errorf("ensemble: the training sets to compare must ascend and be of %d, not %v", len(e.sets), sets)
		}
		p.sets = append(p.sets, e.sets[d])
		if e.config.Held != nil {
			p.config.Held = append(p.config.Held, e.config.Held[d])
		}
	}
	p.some, p.all = e.some.of(sets, e.dim), e.all.of(sets, e.dim)
	return &p, nil
}

// of are the examples of some of the training sets; those of a pool are all kept.
func (q questions) of(sets []int, dim int) (p questions) {
	if q.held != nil {
		p.x = q.x
		for _, held := range q.held {
			var of []bool
			for _, d := range sets {
				of = append(of, held[d])
			}
			p.held = append(p.held, of)
		}
		return p
	}
	from := make([]int, len(q.rows)+1)
	for d, n := range q.rows {
		from[d+1] = from[d] + n
	}
	for _, d := range sets {
		p.x = append(p.x, q.x[from[d]*dim:from[d+1]*dim]...)
		p.rows = append(p.rows, q.rows[d])
		for i := from[d]; i < from[d+1]; i++ {
			p.among = append(p.among, i)
		}
	}
	return p
}

// setNumber is the number of a training set among all, of which not all may be compared.
func (e *Ensemble) setNumber(d int) int {
	if e.number == nil {
		return d
	}
	return e.number[d]
}

// told are the losses of the examples that are compared, of those that a replica was asked.
func (q questions) told(losses []float64) []float64 {
	if q.among == nil {
		return losses
	}
	var kept []float64
	for _, i := range q.among {
		kept = append(kept, losses[i])
	}
	return kept
}
