package instrument

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table of quantities into the README")

const (
	tableBegins = "<!-- quantities of a single run: go test ./instrument -run QuantityTable -update -->\n"
	tableEnds   = "<!-- end of quantities -->\n"
)

// quantityTable is the README's table of the quantities of a single run, made of their Info.
func quantityTable() string {
	cycle := NewCycle(CycleSettings{
		Samples: 1, Labels: 2, Temperatures: true,
		Energies: func([]float64) error { return nil },
		Targets:  func([]float64) error { return nil },
		Loss:     func() (float64, error) { return 0, nil },
	})
	gas := NewSamples(SamplesSettings{
		Chains: 1, Dim: 1, Exact: true,
		Energies: func([]float64, []float32) error { return nil },
		Move:     func([]float32, *rand.Rand) error { return nil },
	})
	rows := []struct {
		track    string
		quantity Quantity
	}{
		{"Loss()", Loss()},
		{"GradientNorm()", GradientNorm()},
		{"UpdateNorm()", UpdateNorm()},
		{"WeightDisplacement()", WeightDisplacement()},
		{"RelativeDisplacement()", RelativeDisplacement()},
		{"GradientNoise(batch, window)", GradientNoise(100, 16)},
		{"WindowEntropy(settings)", WindowEntropy(nil)},
		{`gas.Quantity("work")`, gas.Quantity("work")},
		{`gas.Quantity("heat")`, gas.Quantity("heat")},
		{`gas.Quantity("entropy_production")`, gas.Quantity("entropy_production")},
		{`gas.Quantity("s_x_given_theta")`, gas.Quantity("s_x_given_theta")},
		{`gas.Quantity("ift")`, gas.Quantity("ift")},
		{`cycle.Quantity("work")`, cycle.Quantity("work")},
		{`cycle.Quantity("q_in")`, cycle.Quantity("q_in")},
		{`cycle.Quantity("q_out")`, cycle.Quantity("q_out")},
		{`cycle.Quantity("extracted")`, cycle.Quantity("extracted")},
		{`cycle.Quantity("efficiency")`, cycle.Quantity("efficiency")},
	}
	cell := strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;").Replace
	var b strings.Builder
	b.WriteString("| track | column | symbol | unit | what it is | assumes | cost of a scheduled step | source |\n" +
		"|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		i := r.quantity.Info()
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s | %s |\n", r.track, i.Name, cell(i.Symbol), i.Unit,
			cell(i.Doc), cell(i.Assumption), cell(i.Cost), cell(i.Ref))
	}
	return b.String()
}

// The README's table says what the quantities say of themselves; -update writes it.
func TestQuantityTable(t *testing.T) {
	const readme = "../README.md"
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	head, rest, begins := strings.Cut(string(text), tableBegins)
	table, tail, ends := strings.Cut(rest, tableEnds)
	require.True(t, begins && ends, "the README has lost the lines %q and %q", tableBegins, tableEnds)
	if *update {
		require.NoError(t, os.WriteFile(readme, []byte(head+tableBegins+quantityTable()+tableEnds+tail), 0o644))
		return
	}
	assert.Equal(t, quantityTable(), table, "go test ./instrument -run QuantityTable -update")
}
