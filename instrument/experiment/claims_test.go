package experiment

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the claims into the README and into the documentation of this package")

// results are what the commands gave that the tables name.
func results(t *testing.T) (all []*record.Experiment) {
	for _, e := range All() {
		data := filepath.Join("results", e.Name)
		r, err := record.LoadExperiment(data)
		require.NoError(t, err, "carry it out and copy its experiment.json")
		require.Equal(t, e.Claim, r.Claim, "%s was carried out for another claim: do it again", e.Name)
		all = append(all, r)
	}
	return all
}

// The tables of claims in the README and in the documentation of this package are what the experiments gave; -update
// writes them.
func TestClaimsAreWhatTheExperimentsGave(t *testing.T) {
	all := results(t)
	const begins = "<!-- claims: go test ./instrument/experiment -run Claims -update -->\n"
	const ends = "<!-- end of claims -->\n"
	const readme, doc = "../../README.md", "doc_claims.go"
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	head, rest, found := strings.Cut(string(text), begins)
	table, tail, closed := strings.Cut(rest, ends)
	require.True(t, found && closed, "the README has lost its table of claims")
	if *update {
		require.NoError(t, os.WriteFile(readme, []byte(head+begins+claimsTable(all)+ends+tail), 0o644))
		require.NoError(t, os.WriteFile(doc, []byte(claimsDoc(all)), 0o644))
		return
	}
	assert.Equal(t, claimsTable(all), table, "go test ./instrument/experiment -run Claims -update")
	comment, err := os.ReadFile(doc)
	require.NoError(t, err)
	assert.Equal(t, claimsDoc(all), string(comment), "go test ./instrument/experiment -run Claims -update")
}

func claimsTable(all []*record.Experiment) string {
	cell := strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;").Replace
	var b strings.Builder
	b.WriteString("| `train experiment` | claim | exact case | on networks | seen | made |\n|---|---|---|---|---|---|\n")
	for _, e := range all {
		exact := fmt.Sprintf("[%s](instrument/experiment/results/%s/experiment.json)", e.Exact.Verdict, e.Name)
		fmt.Fprintf(&b, "| %s | %s (%s) | %s | **%s** | %s | %s, %.0f s |\n", e.Name, cell(e.Claim), cell(e.Source), exact,
			e.Verdict, cell(e.Answer), e.Made.Format("2006-01-02"), e.Seconds)
	}
	return b.String()
}

func claimsDoc(all []*record.Experiment) string {
	var b strings.Builder
	b.WriteString("// # The claims, and what was seen\n//\n")
	b.WriteString("// Written by: go test ./instrument/experiment -run Claims -update\n")
	for _, e := range all {
		verdict := fmt.Sprintf("Exact case: %s. On networks (%s): %s: %s.", e.Exact.Verdict, e.Made.Format("2 January 2006"),
			e.Verdict, e.Answer)
		for _, paragraph := range []string{e.Name + ": " + e.Claim + " (" + e.Source + ")", verdict,
			"Known limits: " + strings.Join(e.Limits, " ")} {
			b.WriteString("//\n")
			writeWrapped(&b, paragraph)
		}
	}
	return b.String() + "package experiment\n"
}

// writeWrapped writes a comment of at most 120 columns.
func writeWrapped(b *strings.Builder, text string) {
	line := "//"
	for _, word := range strings.Fields(text) {
		if len([]rune(line))+1+len([]rune(word)) > 118 {
			fmt.Fprintln(b, line)
			line = "//"
		}
		line += " " + word
	}
	fmt.Fprintln(b, line)
}
