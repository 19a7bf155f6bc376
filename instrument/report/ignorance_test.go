package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quantityNames are the names of the examples' quantities and of their columns: the package must not know any.
func quantityNames() []string {
	_, h := exampleRun()
	_, cycles, _ := exampleCycles()
	names := slices.Concat(record.Columns(h.Infos()), record.Columns(cycles.Infos()))
	for _, info := range slices.Concat(h.Infos(), cycles.Infos()) {
		names = append(names, info.Name)
		if info.Bound.Of != "" {
			names = append(names, info.Bound.Of)
		}
	}
	names = append(names, "s_theta", "efficiency", "collapsed", "made", "swav", "rbm", "ssl", "cycles", "ensemble")
	return slices.DeleteFunc(names, func(name string) bool { return name == "step" })
}

// sources returns the files of the package that are not tests.
func sources(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	return slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
}

func TestThePackageKnowsNoQuantity(t *testing.T) {
	names := regexp.MustCompile(`\b(` + strings.Join(quantityNames(), "|") + `)\b`)
	set := token.NewFileSet()
	for _, path := range sources(t, "*.go") {
		file, err := parser.ParseFile(set, path, nil, 0)
		require.NoError(t, err)
		for _, i := range file.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			if strings.HasPrefix(name, "calorimeter/") {
				assert.Contains(t, []string{"calorimeter/instrument/record", "calorimeter/instrument/estimate"}, name, path)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && !strings.Contains(text.Value, "json:") {
				assert.Empty(t, names.FindString(text.Value), "%s: %s", set.Position(n.Pos()), text.Value)
			}
			return true
		})
	}
	quoted := regexp.MustCompile("\"[^\"\n]*\"|`[^`\n]*`")
	for _, path := range append(sources(t, "*.js"), sources(t, "*.tmpl")...) {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, text := range quoted.FindAllString(string(data), -1) {
			assert.Empty(t, names.FindString(text), "%s: %s", path, text)
		}
	}
}

// Intervals are recorded: whoever shows them has no use for a quantile.
func TestThePackageComputesNoInterval(t *testing.T) {
	for _, path := range sources(t, "*.go") {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, bad := range []string{"Quantile", "FromSE", "StatedSE", "studentT", "distuv", "Datasets - 1", "1.96"} {
			assert.NotContains(t, string(data), bad, path)
		}
	}
}
