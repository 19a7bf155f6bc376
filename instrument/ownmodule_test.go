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

// tinyProgram is a Gorgonia program as small as they come; METER stands for the lines that calorimeter takes.
const tinyProgram = `package main

import (
	"fmt"
	"os"

	IMPORT"gorgonia.org/gorgonia"
)

func main() {
	g := gorgonia.NewGraph()
	w := gorgonia.NewScalar(g, gorgonia.Float64, gorgonia.WithName("w"), gorgonia.WithValue(3.0))
	cost := gorgonia.Must(gorgonia.Square(w))
	if _, err := gorgonia.Grad(cost, w); err != nil {
		panic(err)
	}
	machine := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(w))
	var solver gorgonia.Solver = gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.25))
	METER
	for range 3 {
		if err := machine.RunAll(); err != nil {
			panic(err)
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(gorgonia.Nodes{w})); err != nil {
			panic(err)
		}
		machine.Reset()
	}
	fmt.Fprintln(os.Stdout, "w =", w.Value())
}
`

var (
	meteredProgram = strings.NewReplacer("IMPORT", `"calorimeter/instrument"`+"\n\t", "METER", `
	meter := instrument.New(cost, instrument.NewTable(os.Stdout))
	meter.Track(instrument.Loss(), instrument.Every(1))
	solver = meter.Wrap(solver)
	defer meter.Close()`).Replace(tinyProgram)
	plainProgram = strings.NewReplacer("IMPORT", "", "METER", "").Replace(tinyProgram)
)

// readmeCommands returns the blocks of commands in a section of the README.
func readmeCommands(t *testing.T, section string) (blocks [][]string) {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "\n## "+section+"\n")
	require.True(t, found, "the README has lost the section %q", section)
	rest, _, _ = strings.Cut(rest, "\n## ")
	for _, block := range regexp.MustCompile(`(?m)(^    .*\n)+`).FindAllString(rest, -1) {
		blocks = append(blocks, strings.Split(strings.TrimSpace(block), "\n"))
	}
	return blocks
}

// The README's commands make a program of another module run, from an empty folder, whose go.mod nobody wrote; and what
// it says of the panic of Gorgonia without calorimeter is so.
func TestReadmeOwnModule(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	checkout, err := filepath.Abs("..")
	require.NoError(t, err)
	blocks := readmeCommands(t, "In your own module")
	require.Len(t, blocks, 3, "replace, workspace, pin")
	env := emptyCache(t)
	for i, a := range env {
		if strings.HasPrefix(a, "GOPROXY=") { // go mod tidy may ask for more than was built here
			env[i] += "," + strings.TrimSpace(goCommand(t, ".", nil, "env", "GOPROXY"))
		}
	}
	// What the commands write is theirs, and go finds the workspace by itself.
	env = append(env[:len(env):len(env)], "GOFLAGS=-modcacherw -trimpath -buildvcs=false", "GOWORK=")
	folder := func(program string) func(command string) (string, error) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o644))
		return func(command string) (string, error) {
			command, _, _ = strings.Cut(strings.TrimSpace(command), "#")
			words := strings.Fields(strings.ReplaceAll(command, "/path/to/calorimeter", checkout))
			cmd := exec.Command(words[0], words[1:]...)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
			out, err := cmd.CombinedOutput()
			return string(out), err
		}
	}
	for _, block := range blocks[:2] {
		run := folder(meteredProgram)
		var said string
		for _, command := range block {
			said, err = run(command)
			require.NoError(t, err, "%s\n%s", command, said)
		}
		assert.Regexp(t, `(?m)^ *0 +9$`, said, "the loss at step 0")
		assert.Contains(t, said, "w = 0.375")
	}
	run := folder(plainProgram)
	// The newer gonum and tensor are those that other tests have fetched already.
	plain := "go get gorgonia.org/gorgonia@v0.9.18 gorgonia.org/tensor@v0.9.24 gonum.org/v1/gonum@v0.17.0"
	for _, command := range []string{"go mod init mine", plain} {
		said, err := run(command)
		require.NoError(t, err, "%s\n%s", command, said)
	}
	said, err := run("go run .")
	assert.Error(t, err)
	assert.Contains(t, said, "Something in this program imports go4.org/unsafe/assume-no-moving-gc")
	said, err = run(blocks[2][0])
	require.NoError(t, err, said)
	said, err = run("go run .")
	assert.NoError(t, err)
	assert.Contains(t, said, "w = 0.375")
}
