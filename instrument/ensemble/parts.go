package ensemble

// Part is the stretch [From, To) of the free weights of a replica that one parameter of the network holds.
type Part struct {
	Name     string
	From, To int
}

// Parts returns the parameters of the network that hold free weights, in the order of Observation.Theta.
func (e *Ensemble) Parts() []Part {
	var out []Part
	from := 0
	for i, p := range e.params {
		if n := countFree(e.free[i], p.size()); n > 0 {
			out = append(out, Part{p.Name, from, from + n})
			from += n
		}
	}
	return out
}
