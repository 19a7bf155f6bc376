package instrument_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// otherProject copies testdata/otherproject, a plain Gorgonia program with a module of its own, to a folder outside of
// this module, as a user has it: only the path of the checkout in its go.mod is another.
func otherProject(t *testing.T) (dir, checkout string) {
	t.Helper()
	checkout, err := filepath.Abs("..")
	require.NoError(t, err)
	dir = t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/otherproject")))
	mod := filepath.Join(dir, "go.mod")
	text, err := os.ReadFile(mod)
	require.NoError(t, err)
	require.Contains(t, string(text), "=> ../../..")
	require.NoError(t, os.WriteFile(mod, []byte(strings.Replace(string(text), "../../..", checkout, 1)), 0o644))
	return dir, checkout
}

// goCommand runs the go command in dir with more variables in its environment.
func goCommand(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %v\n%s", args, out)
	return string(out)
}

// emptyCache returns the environment of a go command that begins without a single module and may use the modules of
// this machine as its proxy alone, no network and no other go.mod than that of the module it builds.
func emptyCache(t *testing.T) []string {
	t.Helper()
	download := filepath.Join(strings.TrimSpace(goCommand(t, ".", nil, "env", "GOMODCACHE")), "cache", "download")
	for _, zip := range []string{"gorgonia.org/gorgonia/@v/v0.9.18.zip", "gorgonia.org/tensor/@v/v0.9.24.zip"} {
		if _, err := os.Stat(filepath.Join(download, filepath.FromSlash(zip))); err != nil {
			t.Skipf("the module cache cannot serve as a proxy: %v", err)
		}
	}
	proxy := "file://" + filepath.ToSlash(download)
	if !strings.HasPrefix(proxy, "file:///") { // a Windows path
		proxy = "file:///" + filepath.ToSlash(download)
	}
	return []string{
		"GOMODCACHE=" + t.TempDir(), "GOPROXY=" + proxy, "GOSUMDB=off", "GOWORK=off",
		"GOFLAGS=-mod=readonly -modcacherw -trimpath -buildvcs=false", // -trimpath: one build cache for every folder
	}
}

var (
	added   = regexp.MustCompile(`(?m)^.*// calorimeter\b.*\n`)
	changed = regexp.MustCompile(`(?m)^.*// calorimeter: the changed line\n\s*// before: `)
)

// A program that trains MNIST and knows nothing of this module but the marked lines is built from an empty module cache
// and run; then the marked lines are taken out, and the program that is left, which has no trace of this module, ends
// with the same weights to the bit.
func TestOtherProject(t *testing.T) {
	if testing.Short() {
		t.Skip("builds two programs")
	}
	env := emptyCache(t)
	dir, checkout := otherProject(t)
	run := func() string {
		return goCommand(t, dir, env, "run", ".", "-data", filepath.Join(checkout, "datasets", "mnist-sample"))
	}
	metered := run()
	lines := strings.Split(strings.TrimSpace(metered), "\n")
	t.Log("\n" + metered)
	lines = lines[max(0, len(lines)-10):] // behind what the go command says of downloads
	require.Len(t, lines, 10)
	assert.Equal(t, "loss is the cost of a batch, minus the probability of the right digit: -1 is the best", lines[0])
	lines = lines[1:]
	assert.Regexp(t, `^ *step +loss +grad_norm +weight_displacement_rel$`, lines[0])
	for i, row := range lines[2:7] {
		assert.Regexp(t, `^ +`+[]string{"0", "40", "80", "120", "160"}[i]+` +-0\.\d+ +0\.\d+ +[\d.]+$`, row)
	}
	assert.Regexp(t, `^cost on the last batch, minus the probability of the right digit: -0\.[89]\d\d$`, lines[7])
	assert.Regexp(t, `^fingerprint of all weights, which changes with their last bit: [0-9a-f]{16}$`, lines[8])

	program := filepath.Join(dir, "main.go")
	source, err := os.ReadFile(program)
	require.NoError(t, err)
	require.Len(t, changed.FindAll(source, -1), 1, "one line is changed")
	bare := added.ReplaceAll(changed.ReplaceAll(source, nil), nil)
	require.NotContains(t, string(bare), "instrument")
	require.NoError(t, os.WriteFile(program, bare, 0o644))
	assert.True(t, strings.HasSuffix(run(), lines[7]+"\n"+lines[8]+"\n"), "the bare program ends with the same weights")
}
