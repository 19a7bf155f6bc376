package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
	"calorimeter/instrument/selfsupervised"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the tables of quantities into the README")

// The README's tables of what runs measure are the declarations; -update writes them.
func TestReadmeListsWhatIsMeasured(t *testing.T) {
	const readme = "../../README.md"
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	written := string(text)
	for name, infos := range map[string][]record.Info{
		"an ensemble": ensemble.Quantities(), "self-supervised encoders": selfsupervised.Quantities(),
	} {
		begins := fmt.Sprintf("<!-- quantities of %s: go test ./cmd/train -run Readme -update -->\n", name)
		head, rest, found := strings.Cut(written, begins)
		table, tail, ends := strings.Cut(rest, "<!-- end of quantities -->\n")
		require.True(t, found && ends, "the README has lost the table of %s", name)
		if *update {
			written = head + begins + quantityTable(infos) + "<!-- end of quantities -->\n" + tail
			continue
		}
		assert.Equal(t, quantityTable(infos), table, "go test ./cmd/train -run Readme -update")
	}
	if *update {
		require.NoError(t, os.WriteFile(readme, []byte(written), 0o644))
	}
}

func quantityTable(infos []record.Info) string {
	cell := strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;").Replace
	var b strings.Builder
	b.WriteString("| column | quantity | unit | what it is | assumes | source |\n|---|---|---|---|---|---|\n")
	for _, i := range infos {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n",
			i.Name, cell(i.Heading()), i.Unit, cell(i.Doc), cell(i.Assumption), cell(i.Ref))
	}
	return b.String()
}
