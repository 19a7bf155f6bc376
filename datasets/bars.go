package datasets

import (
	"context"
	"fmt"
	"math/rand/v2"
)

const maxSide = 12

const barsLabel, stripesLabel, plainLabel = 0, 1, 2 // of bars-and-stripes

// BarsAndStripes returns every pattern of bars and stripes of side n, 2 to 12, once: the binary n x n images whose
// columns are each of one colour (bars, label 0) or whose rows are (stripes, label 1). The two that are both, all
// 0 and all 1, come once (label 2), which makes 2^(n+1) - 2 patterns. The set is MacKay's (Information Theory,
// Inference, and Learning Algorithms, 2003, chapter 43). Where others draw the direction first and then each line,
// the two plain images are twice as probable as the rest; here they are not.
//
// [Open] draws its bars-and-stripes from the uniform distribution on these patterns, independently, for training and
// for testing alike:
//
//	p(x) = 1/(2^(n+1) - 2),   so the entropy, and the least mean negative log-likelihood, is ln(2^(n+1) - 2) nats
//
// (3.401197 nats for n = 4). Training and test sets therefore share patterns, as independent draws of so small a
// population must.
func BarsAndStripes(side int) (*Dataset, error) {
	if side < 2 || side > maxSide {
		return nil, fmt.Errorf("datasets: bars and stripes of side %d asked for; it must be 2 to %d", side, maxSide)
	}
	return patterns(side, sequence(patternCount(side))), nil
}

func patternCount(side int) int { return 2<<side - 2 }

func openBars(_ context.Context, o Options) (*Split, error) {
	draw := func(n int, rng *rand.Rand) *Dataset {
		ks := make([]int, n)
		for i := range ks {
			ks[i] = rng.IntN(patternCount(o.Side))
		}
		return patterns(o.Side, ks)
	}
	return o.split(draw), nil
}

// patterns returns the patterns of the given numbers: below 2^n the bars whose columns are the bits of the number
// (its two ends are the plain images), from there on the stripes without the plain images.
func patterns(side int, numbers []int) *Dataset {
	d := &Dataset{
		Name: "bars-and-stripes", Rows: side, Cols: side,
		X:      make([]float32, len(numbers)*side*side),
		Labels: make([]uint8, len(numbers)),
		Origin: fmt.Sprintf("synthetic: bars and stripes, uniform on %d patterns", patternCount(side)),
	}
	full := 1<<side - 1
	for r, k := range numbers {
		bits, label := k, uint8(barsLabel)
		switch {
		case k > full:
			bits, label = k-full, stripesLabel
		case k == 0 || k == full:
			label = plainLabel
		}
		d.Labels[r] = label
		for i, row := 0, d.Row(r); i < len(row); i++ {
			line := i % side
			if label == stripesLabel {
				line = i / side
			}
			row[i] = float32(bits >> line & 1)
		}
	}
	return d
}
