package instrument_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// examplePrograms are programs with a module of their own under testdata, and flags that make them smaller.
var examplePrograms = []struct {
	name  string
	flags []string
	still []string // and those that make of it one that hardly learns
}{
	{"classifier", []string{"-subset", "100", "-steps", "150"}, []string{"-rate", "1e-6", "-steps", "20"}},
	{"vae", []string{"-draws", "8"}, []string{"-rate", "1e-6", "-steps", "20"}},
	{"recurrent", []string{"-steps", "140"}, nil},
	{"mixture", nil, []string{"-rate", "1e-6", "-steps", "20"}},
}

var fingerprints = regexp.MustCompile(`fingerprint ([0-9a-f]{16})\n`)

// Each program ends in a page, passes the books, memorizes where it is trained long on few examples and does not where
// it hardly moves; and its first training ends with the same weights, to the bit, without the meter.
func TestExamplePrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs four programs")
	}
	for _, e := range examplePrograms {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			program := filepath.Join(t.TempDir(), e.name)
			goCommand(t, filepath.Join("testdata", e.name), []string{"GOWORK=off"}, "build", "-o", program, ".")
			run := func(flags ...string) (output string, r *record.Run) {
				dir := filepath.Join(t.TempDir(), "run")
				cmd := exec.Command(program, append([]string{"-out", dir}, flags...)...)
				out, err := cmd.CombinedOutput()
				require.NoError(t, err, "%s", out)
				r, _, err = record.Load(dir)
				if err == nil {
					page, err := os.ReadFile(filepath.Join(dir, "report.html"))
					require.NoError(t, err)
					assert.Contains(t, string(page), "Does it memorize?")
				}
				return string(out), r
			}
			out, learned := run(e.flags...)
			trained := fingerprints.FindAllStringSubmatch(out, -1)
			require.Len(t, trained, 8, out)
			require.NotNil(t, learned)
			assert.Equal(t, record.Done, learned.Status)
			assert.Equal(t, "Yes", memorizes(t, learned), out)
			balanced(t, learned)

			bare, none := run(append(e.flags, "-bare")...)
			require.Nil(t, none)
			assert.Equal(t, trained[0][1], fingerprints.FindStringSubmatch(bare)[1], "the meter changed the weights")

			if e.still != nil {
				_, still := run(append(e.flags, e.still...)...)
				require.NotNil(t, still)
				assert.NotEqual(t, "Yes", memorizes(t, still))
				balanced(t, still)
			}
		})
	}
}

// memorizes is the answer to the first question.
func memorizes(t *testing.T, r *record.Run) string {
	t.Helper()
	require.NotEmpty(t, r.Findings)
	require.Equal(t, "Does it memorize?", r.Findings[0].Question)
	return r.Findings[0].Answer
}

// balanced holds the books to what exact and estimated energies alike must obey.
func balanced(t *testing.T, r *record.Run) {
	t.Helper()
	verdicts := map[string]record.Verdict{}
	for _, c := range r.Books {
		verdicts[c.Name] = c.Verdict
		assert.NotEqual(t, record.Fail, c.Verdict, "%s: %s", c.Name, c.Figure)
	}
	assert.Equal(t, record.Pass, verdicts["first law"])
	assert.Contains(t, verdicts, "fluctuation theorem")
}

// The README's table counts the marked lines of each program.
func TestExampleLines(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	for _, e := range examplePrograms {
		sources, err := filepath.Glob(filepath.Join("testdata", e.name, "*.go"))
		require.NoError(t, err)
		lines := 0
		for _, path := range sources {
			source, err := os.ReadFile(path)
			require.NoError(t, err)
			lines += strings.Count(string(source), "// calorimeter\n")
		}
		row := fmt.Sprintf("| [%s](instrument/testdata/%s/main.go) | %d |", e.name, e.name, lines)
		assert.Contains(t, string(readme), row)
	}
}
