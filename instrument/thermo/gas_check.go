package thermo

import "fmt"

// Check returns an error where a gas that was read from a file is not one of so many chains of dim numbers, whose books
// are either not open or whole.
func (g *Gas) Check(chains, dim int) error {
	if len(g.Chains) != chains*dim {
		return fmt.Errorf("thermo: a gas of %d numbers, not of %d chains of %d", len(g.Chains), chains, dim)
	}
	if g.Observers == nil {
		return fmt.Errorf("thermo: a gas without its random stream")
	}
	l := &g.Ledger
	books := [][]float64{
		l.Energy0, l.Energy, l.Work, l.Heat, l.TotalWork, l.TotalHeat, g.Energy, g.Absorbed, g.Switching.LogWeight,
	}
	want := 0
	if g.Opened() {
		want = chains
	}
	for _, b := range books {
		if len(b) != want {
			return fmt.Errorf("thermo: the books of a gas of %d chains hold %d", chains, len(b))
		}
	}
	return nil
}
