package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What may stand in place of the last word, "_" for an empty one.
func TestCandidates(t *testing.T) {
	for _, c := range []struct {
		line  string
		all   string // the candidates, where few
		holds string // some of them, where many
		lacks string
	}{
		{line: "_", all: "completion experiment gather help plan report resume shard status sweep validate version"},
		{line: "re", all: "report resume"},
		{line: "--", holds: "--model --data --lr --help --version --json"},
		{line: "--mode", all: "--model"},
		{line: "--optimizer ad", all: "adam adagrad"},
		{line: "--model _", holds: "made swav gaussian"},
		{line: "--model sw", all: "swav"},
		{line: "--model=s", all: "--model=simclr --model=swav"},
		{line: "--model swav --", holds: "--epsilon", lacks: "--chains --version"},
		{line: "--model=gaussian --", holds: "--data-sigma", lacks: "--width"},
		{line: "--seed 1 --init _", all: "shared independent"},
		{line: "--sets h", all: "halves"},
		{line: "--blas=t", all: "--blas=tile"},
		{line: "--data n", all: "normal"},
		{line: "--out _"},
		{line: "--seed _"},
		{line: "--quiet _"},
		{line: "--model transformer --"},
		{line: "help s", all: "shard status sweep simclr swav"},
		{line: "help validate mi --", holds: "--task"},
		{line: "completion _", all: "bash zsh fish"},
		{line: "resume _"},
		{line: "resume --", holds: "--http --workers", lacks: "--steps"},
		{line: "report --o", all: "--out"},
		{line: "sweep --", holds: "--over --out --steps --width"},
		{line: "sweep --over s", holds: "steps= seed= subset=", lacks: "data="},
		{line: "sweep --model mlp --over=sh", all: "--over=shuffle="},
		{line: "plan _", all: "sweep experiment"},
		{line: "plan --s", holds: "--shards --slurm --steps --sbatch", lacks: "--index --over"},
		{line: "plan --model swav --eps", all: "--epsilon"},
		{line: "plan --shards 4 sweep --ov", all: "--over"},
		{line: "shard --", holds: "--index --mixed --workers", lacks: "--of"},
		{line: "gather --", holds: "--index --of --mixed --json"},
		{line: "status --", holds: "--json", lacks: "--index"},
		{line: "validate g", holds: "gaussian gaussian-null", lacks: "all mi"},
		{line: "validate gaussian --", holds: "--quick --lr", lacks: "--mean"},
		{line: "nonsense --"},
	} {
		words := strings.Fields(c.line)
		if words[len(words)-1] == "_" {
			words[len(words)-1] = ""
		}
		var got []string
		for _, found := range candidates(context.Background(), words) {
			got = append(got, found.word)
		}
		if c.holds == "" {
			assert.Equal(t, strings.Fields(c.all), append([]string{}, got...), c.line)
		}
		assert.Subset(t, got, strings.Fields(c.holds), c.line)
		for _, word := range strings.Fields(c.lacks) {
			assert.NotContains(t, got, word, c.line)
		}
	}
}

// Each shell is told candidates in its own way.
func TestCompletionLines(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"bash --model = sw", "swav\n"}, // as bash takes it apart
		{"bash --model =", "made\nrbm\nebm\nmlp\nconv\ngaussian\nsimclr\nswav\ndino\n"},
		{"bash --model=sw", "--model=swav\n"},
		{"zsh --model=sw", "--model=swav\n"},
		{"zsh --see", "--seed:Seed of every random stream.\n"},
		{"fish --see", "--seed\tSeed of every random stream.\n"},
		{"bash --see", "--seed\n"},
	} {
		var out, errs bytes.Buffer
		args := append([]string{"completion"}, strings.Fields(c.line)...)
		require.Equal(t, exitDone, run(context.Background(), args, streams{out: &out, err: &errs}), errs.String())
		assert.Equal(t, c.want, out.String(), c.line)
	}
}

// The scripts work in the shells themselves, as far as these are installed.
func TestCompletionInShells(t *testing.T) {
	const bash = "source <(train completion bash); "
	for _, c := range []struct{ shell, ask, want string }{
		{"bash", bash + `COMP_WORDS=(train --model = sw); COMP_CWORD=3; _train; echo ${COMPREPLY[@]}`, "swav"},
		{"bash", bash + `COMP_WORDS=(train re); COMP_CWORD=1; _train; echo ${COMPREPLY[@]}`, "report resume"},
		{"bash", bash + `COMP_WORDS=(train ""); COMP_CWORD=1; _train; echo ${#COMPREPLY[@]}`, "12"},
		{"fish", `train completion fish | source; complete -C 'train --model sw'`, "swav"},
		{"fish", `train completion fish | source; complete -C 'train --see'`, "--seed\tSeed of every random stream."},
		{"zsh", `compdef() { :; }; _describe() { print -l -- $found; }; source <(train completion zsh)
			words=(train --model=sw); CURRENT=2; _train`, "--model=swav"},
		{"zsh", `compdef() { :; }; _files() { print files; }; source <(train completion zsh)
			words=(train --out ""); CURRENT=3; _train`, "files"},
	} {
		t.Run(c.shell, func(t *testing.T) {
			path, err := exec.LookPath(c.shell)
			if err != nil {
				t.Skip(err)
			}
			cmd := exec.Command(path, "-c", c.ask)
			cmd.Env = append(cmd.Environ(), "PATH="+programInPath(t), "HOME="+t.TempDir())
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Equal(t, c.want, strings.TrimSpace(string(out)))
		})
	}
}
