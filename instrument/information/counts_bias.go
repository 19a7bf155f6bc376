package information

import "math"

// Two corrections of the plug-in entropy of counts for its bias. They agree where all cells are well filled, and part
// where many are rare: [Counts.Information] takes its value from the first, and stretches its interval to the second.

// chaoMadow is the correction (m - 1)/(2 n) of Miller and Madow for the entropy of a table, m after Chao.
func chaoMadow(counts []int, n float64) float64 {
	var seen, once, twice float64
	for _, c := range counts {
		switch {
		case c == 1:
			once++
		case c == 2:
			twice++
		}
		if c > 0 {
			seen++
		}
	}
	m := min(seen+once*(once-1)/(2*(twice+1)), float64(len(counts)))
	return (m - 1) / (2 * n)
}

// rare is the count under which a cell tells little of how often it is met.
const rare = 5

// spread is the correction for the joint entropy of the table if the pairs in the rare cells of each row could as well
// have been in any of these, in proportion to the margin of the columns: (sum_xy b(e_xy) - 1/2)/n, e_xy = N_xy where
// the cell is not rare.
func (c *Counts) spread(columns []int, n float64) float64 {
	sum := -0.5
	for x := 0; x < len(c.N); x += c.Columns {
		row := c.N[x : x+c.Columns]
		var left, open int // pairs in rare cells, and the margin over these
		for y, v := range row {
			if v < rare {
				left += v
				open += columns[y]
			}
		}
		for y, v := range row {
			switch {
			case v >= rare:
				sum += excess(float64(v))
			case left > 0:
				sum += excess(float64(left) * float64(columns[y]) / float64(open))
			}
		}
	}
	return sum / n
}

// transposed returns the table with rows and columns exchanged.
func (c *Counts) transposed() *Counts {
	rows := len(c.N) / c.Columns
	t := &Counts{Columns: rows, N: make([]int, len(c.N))}
	for j, v := range c.N {
		t.N[j%c.Columns*rows+j/c.Columns] = v
	}
	return t
}

// spreadMargin is the same correction for the entropy of a margin, of which every count is taken as it is.
func spreadMargin(counts []int, n float64) float64 {
	sum := -0.5
	for _, v := range counts {
		sum += excess(float64(v))
	}
	return sum / n
}

// wellFilled is the mean count from which on excess is told by its series in 1/e.
const wellFilled = 20

// kLnK holds k ln k, up to where a Poisson probability of mean wellFilled is negligible.
var kLnK = func() (t [5 * wellFilled]float64) {
	for k := 1; k < len(t); k++ {
		t[k] = float64(k) * math.Log(float64(k))
	}
	return t
}()

// excess returns b(e) = E[k ln k] - e ln e for k Poisson with mean e: what a cell met e times on average takes off the
// plug-in entropy, times n. It is about e ln(1/e) for rare cells and 1/2 for well-filled ones, where Miller and Madow
// take 1/2 for all.
func excess(e float64) float64 {
	if e <= 0 {
		return 0
	}
	if e > wellFilled {
		return 0.5 + 1/(12*e) + 1/(12*e*e) + 19/(120*e*e*e)
	}
	p, sum := math.Exp(-e)*e, 0.0
	for k := 2.0; k < e || p > 1e-12; k++ {
		p *= e / k
		sum += p * kLnK[int(k)]
	}
	return sum - e*math.Log(e)
}
