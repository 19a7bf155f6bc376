package notebooks

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cosmos72/gomacro/base/paths"
)

var update = flag.Bool("update", false, "write the outputs into the notebooks")

// TestNotebooks runs the cells of every notebook from top to bottom through the interpreter that gophernotes uses.
// Their outputs must be those that the notebooks hold: words to the letter, numbers within 5 %, pictures by their kind.
// The flag -update writes the outputs into the notebooks instead.
func TestNotebooks(t *testing.T) {
	files, err := filepath.Glob("*.ipynb")
	if err != nil || len(files) < 6 {
		t.Fatalf("notebooks %v: %v", files, err)
	}
	needPlugins(t)
	prepare(t)
	importAll(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".ipynb"), func(t *testing.T) { runNotebook(t, file) })
	}
}

func runNotebook(t *testing.T, file string) {
	n, err := readNotebook(file)
	if err != nil {
		t.Fatal(err)
	}
	k, err := newKernel()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for i, c := range n.code() {
		outputs, err := k.run(string(c.Source))
		if err != nil {
			t.Fatalf("cell %d: %v\n%s\n%v", i+1, err, c.Source, outputs)
		}
		if *update {
			count := i + 1
			c.Count, c.Outputs = &count, &outputs
			if outputs == nil {
				c.Outputs = &[]output{}
			}
			continue
		}
		if c.Outputs == nil || c.Count == nil {
			t.Fatalf("cell %d was never run: go test -update", i+1)
		}
		if err := sameOutputs(*c.Outputs, outputs); err != nil {
			t.Errorf("cell %d: %v", i+1, err)
		}
	}
	t.Logf("%d cells in %v", len(n.code()), time.Since(start).Round(time.Second/10))
	if *update {
		if err := n.write(file); err != nil {
			t.Fatal(err)
		}
	}
}

// needPlugins skips the test, with the reason, where the interpreter cannot compile and load packages.
func needPlugins(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skipf("Go has no plugins on %s, and the interpreter imports packages as such", runtime.GOOS)
	}
	env, err := exec.Command("go", "env", "CC", "CGO_ENABLED").Output()
	if err != nil {
		t.Skipf("no go command: %v", err)
	}
	words := strings.Fields(string(env))
	if len(words) < 2 || words[len(words)-1] != "1" {
		t.Skip("plugins need cgo (CGO_ENABLED=1), and a C compiler")
	}
	if _, err := exec.LookPath(words[0]); err != nil {
		t.Skipf("plugins need a C compiler: %v", err)
	}
}

// prepare gives the interpreter a folder of its own for plugins, and the module cache as its first proxy, so that it
// takes the versions that the checkout is built with: it asks for the newest of what stands outside of the checkout.
func prepare(t *testing.T) {
	t.Helper()
	command := func(dir string, args ...string) string {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Stderr = dir, os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go %v: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	// Listing fetches what is not in the cache.
	command("..", "list", "-deps", "./instrument/...", "./model/...", "./datasets/...")
	command(".", "list", "-deps", "./chart")
	cache := filepath.Join(command(".", "env", "GOMODCACHE"), "cache", "download")
	t.Setenv("GOPROXY", "file://"+cache+","+command(".", "env", "GOPROXY"))
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "-mod=mod -buildvcs=false")
	paths.GoSrcDir = t.TempDir()
	paths.GoSrcDirs = []string{paths.GoSrcDir}
}

// importAll compiles the imports of all notebooks: those of the first cell of each as one plugin, those of a second
// cell of imports as another. Each notebook then finds its own in them.
func importAll(t *testing.T, files []string) {
	t.Helper()
	k, err := newKernel()
	if err != nil {
		t.Fatal(err)
	}
	k.ir.Comp.Stderr = os.Stderr
	for i, packages := range importCells(t, files) {
		start := time.Now()
		source := "import (\n" + strings.Join(slices.Sorted(maps.Keys(packages)), "\n") + "\n)\n"
		if _, err := k.run(source); err != nil {
			t.Fatalf("%s%v", source, err)
		}
		t.Logf("import %d: %d packages in %v", i+1, len(packages), time.Since(start).Round(time.Second))
	}
}

// A plugin must hold the packages that the kernel links in the kernel's versions, else it dies with "plugin was built
// with a different version of package". The go.mod of the checkout asks for these, so that any package can be imported
// first: those that link them are imported here, without chart, whose go.mod is the kernel's.
func TestAnyPackageFirst(t *testing.T) {
	if testing.Short() {
		t.Skip("links a plugin")
	}
	needPlugins(t)
	prepare(t)
	k, err := newKernel()
	if err != nil {
		t.Fatal(err)
	}
	k.ir.Comp.Stderr = os.Stderr
	if _, err := k.run("import (\n\"../instrument/report\"\n\"../instrument/validate\"\n)"); err != nil {
		t.Fatal(err)
	}
}

// importCells returns the packages that the notebooks import, by the number of the cell. The interpreter takes all
// imports of a cell together.
func importCells(t *testing.T, files []string) (cells []map[string]bool) {
	t.Helper()
	for _, file := range files {
		n, err := readNotebook(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range n.code() {
			f, err := parser.ParseFile(token.NewFileSet(), file, "package p\n"+string(c.Source), parser.ImportsOnly)
			if err != nil || len(f.Imports) == 0 {
				break
			}
			if i == len(cells) {
				cells = append(cells, make(map[string]bool))
			}
			for _, s := range f.Imports {
				cells[i][s.Path.Value] = true
			}
		}
	}
	return cells
}

var number = regexp.MustCompile(`[-+]?\d+(\.\d+)?(e[-+]?\d+)?`)

// sameOutputs compares outputs with those that a notebook holds.
func sameOutputs(held, got []output) error {
	if len(held) != len(got) {
		return fmt.Errorf("%d outputs where the notebook holds %d", len(got), len(held))
	}
	for i, g := range got {
		h := held[i]
		kinds, heldKinds := slices.Sorted(maps.Keys(g.Data)), slices.Sorted(maps.Keys(h.Data))
		if g.Type != h.Type || !slices.Equal(kinds, heldKinds) {
			return fmt.Errorf("output %d is %s %v where the notebook holds %s %v", i+1, g.Type, kinds, h.Type, heldKinds)
		}
		if err := sameText(string(h.Text), string(g.Text)); err != nil {
			return err
		}
		if len(kinds) == 1 && kinds[0] == "text/plain" {
			var text lines
			raw, _ := json.Marshal(h.Data["text/plain"])
			if err := json.Unmarshal(raw, &text); err != nil {
				return err
			}
			if err := sameText(string(text), string(g.Data["text/plain"].(lines))); err != nil {
				return err
			}
		}
	}
	return nil
}

func sameText(held, got string) error {
	words := func(s string) string {
		return strings.Join(strings.Fields(number.ReplaceAllString(s, "#")), " ")
	}
	if words(held) != words(got) {
		return fmt.Errorf("prints\n%s\nwhere the notebook holds\n%s", got, held)
	}
	numbers, heldNumbers := number.FindAllString(got, -1), number.FindAllString(held, -1)
	for i := range numbers {
		a, _ := strconv.ParseFloat(numbers[i], 64)
		b, _ := strconv.ParseFloat(heldNumbers[i], 64)
		if math.Abs(a-b) > 0.05*math.Max(math.Abs(a), math.Abs(b))+1e-6 {
			return fmt.Errorf("prints %s where the notebook holds %s:\n%s", numbers[i], heldNumbers[i], got)
		}
	}
	return nil
}

func TestSameText(t *testing.T) {
	for _, c := range []struct {
		held, got string
		same      bool
	}{
		{held: "z = 1.00 nats", got: "z = 1.04 nats", same: true},
		{held: "z = 1.00 nats", got: "z = 1.10 nats", same: false},
		{held: "z = 1.00 nats", got: "w = 1.00 nats", same: false},
		{held: "-1", got: "1", same: false},
		{held: "1 2", got: "1", same: false},
		{held: "1e-3 true", got: "1.01e-3 true", same: true},
		{held: "1e-3 true", got: "1e-3 false", same: false},
	} {
		if err := sameText(c.held, c.got); (err == nil) != c.same {
			t.Errorf("%q and %q: %v", c.held, c.got, err)
		}
	}
}
