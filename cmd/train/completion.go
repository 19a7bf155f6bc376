package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"calorimeter/datasets"
	"calorimeter/instrument/experiment"

	"github.com/alecthomas/kong"
)

const completionHelp = `Usage: train completion bash|zsh|fish

Print a script that makes the shell complete verbs, flags and their values. The program must be in PATH, as train.

  source <(train completion bash)       bash: as a line of ~/.bashrc
  source <(train completion zsh)        zsh: as a line of ~/.zshrc, below compinit
  train completion fish | source        fish: as a line of ~/.config/fish/config.fish

The script asks "train completion SHELL WORD..." for what may stand in place of the last word.
`

// The scripts leave it to this program what there is to complete, for flags and their values depend on the words before
// them, such as the model.
//
//go:embed shells
var shellScripts embed.FS

var shells = []string{"bash", "zsh", "fish"}

// completionVerb prints the script of a shell, or what it asks for.
func completionVerb(ctx context.Context, args []string, std streams) error {
	if len(args) == 0 || !slices.Contains(shells, args[0]) {
		if len(args) > 0 && slices.Contains([]string{"-h", "--help"}, args[0]) {
			_, err := fmt.Fprint(std.out, completionHelp)
			return err
		}
		return usagef("completion is for one of %s (see train completion --help)", strings.Join(shells, ", "))
	}
	shell, words := args[0], args[1:]
	if len(words) == 0 {
		script, err := shellScripts.ReadFile("shells/" + shell + ".sh")
		if err != nil {
			return err
		}
		_, err = std.out.Write(script)
		return err
	}
	if slices.Equal(words, []string{"--help"}) { // train help completion bash
		return completionVerb(ctx, words, std)
	}
	words, behind := rejoined(words)
	for _, c := range candidates(ctx, words) {
		fmt.Fprintln(std.out, c.line(shell, behind))
	}
	return nil
}

// rejoined joins what bash takes apart at a =. behind is the part of the last word that bash leaves alone.
func rejoined(words []string) (whole []string, behind string) {
	for i := 0; i < len(words); i++ {
		last := len(whole) - 1
		if words[i] != "=" || last < 0 {
			whole, behind = append(whole, words[i]), ""
			continue
		}
		behind = whole[last] + "="
		whole[last] = behind
		if i++; i < len(words) {
			whole[last] += words[i]
		}
	}
	return whole, behind
}

// candidate is a word that the shell may put on the command line.
type candidate struct{ word, help string }

// line is the candidate as the shell reads it.
func (c candidate) line(shell, behind string) string {
	help, _, _ := strings.Cut(c.help, "\n")
	switch {
	case shell == "zsh" && help != "":
		return strings.ReplaceAll(c.word, ":", `\:`) + ":" + help
	case shell == "zsh":
		return strings.ReplaceAll(c.word, ":", `\:`)
	case shell == "fish" && help != "":
		return c.word + "\t" + help
	}
	return strings.TrimPrefix(c.word, behind)
}

// candidates lists what may stand in place of the last of the words; nothing where that is a file or a number.
func candidates(ctx context.Context, words []string) []candidate {
	before, current := words[:len(words)-1], words[len(words)-1]
	flags, commands := grammar(ctx, before)
	name, _, joined := strings.Cut(current, "=")
	var all []candidate
	switch {
	case joined:
		all = values(flags, name, name+"=")
	case strings.HasPrefix(current, "-"):
		for _, f := range flags {
			all = append(all, candidate{"--" + f.Name, f.Help})
		}
		if len(before) == 0 {
			all = append(all, candidate{"--version", "What this program was built from."})
		}
	case len(before) == 0:
		all = offered(verbNames(), "")
	case len(before) == 1 && before[0] == "help":
		all = offered(append(verbNames(), modelNames()...), "")
	case len(before) == 1 && before[0] == "completion":
		all = offered(shells, "")
	case len(before) == 1 && before[0] == "plan":
		all = offered([]string{"sweep", "experiment"}, "")
	case len(before) == 1 && before[0] == "experiment":
		for _, e := range experiment.All() {
			all = append(all, candidate{e.Name, e.Title})
		}
	case strings.HasPrefix(before[len(before)-1], "--"):
		all = values(flags, before[len(before)-1], "")
	}
	if len(all) == 0 && !strings.HasPrefix(current, "-") {
		for _, c := range commands {
			if !c.Hidden {
				all = append(all, candidate{c.Name, c.Help})
			}
		}
	}
	return slices.DeleteFunc(all, func(c candidate) bool { return !strings.HasPrefix(c.word, current) })
}

// ownFlags are those of verbs that take the flags of the job too.
var ownFlags = map[string][]candidate{
	"sweep":      {{"over", "The flag to vary, and its values: FLAG=VALUE,VALUE,..."}},
	"experiment": {{"exact", "The exact case alone."}},
	"plan": {
		{"shards", "Tasks that train."}, {"slurm", "Write batch files for Slurm."}, {"partition", "Partition of Slurm."},
		{"time", "Time limit of a task."}, {"memory", "Memory of a task."}, {"sbatch", "Any other option of sbatch."},
	},
}

// inquiry is an output that asks what a verb could be told, in place of having it done; see parseLine.
type inquiry struct {
	io.Writer
	tell func(*kong.Application)
}

// grammar returns the flags and the commands that may follow these words, as the verb that they begin with declares
// them.
func grammar(ctx context.Context, words []string) (flags []*kong.Flag, commands []*kong.Node) {
	do, rest, err := pick(words)
	if err != nil {
		return nil, nil
	}
	for verb, own := range ownFlags {
		if len(words) > 0 && (words[0] == verb || words[0] == "plan" && slices.Contains(words, verb)) {
			do = trainVerb
			for _, f := range own {
				flags = append(flags, &kong.Flag{Value: &kong.Value{Name: f.word, Help: f.help}})
			}
		}
	}
	do(ctx, rest, streams{err: io.Discard, out: inquiry{io.Discard, func(a *kong.Application) {
		node := a.Node
		flags, commands = append(flags, node.Flags...), node.Children
		for _, word := range rest {
			at := slices.IndexFunc(commands, func(c *kong.Node) bool { return c.Name == word })
			if at >= 0 {
				node = commands[at]
				flags, commands = append(flags, node.Flags...), node.Children
			}
		}
	}}})
	return flags, commands
}

// values lists what may follow a flag, each behind a prefix.
func values(flags []*kong.Flag, name, prefix string) []candidate {
	at := slices.IndexFunc(flags, func(f *kong.Flag) bool { return "--"+f.Name == name })
	switch {
	case at < 0:
		return nil
	case name == "--model":
		return offered(modelNames(), prefix)
	case name == "--data":
		return offered(append(datasets.Names(), "normal"), prefix)
	case name == "--over":
		var all []candidate
		for _, f := range flags {
			all = append(all, candidate{prefix + f.Name + "=", f.Help})
		}
		return all
	}
	all := strings.FieldsFunc(flags[at].Enum, func(r rune) bool { return r == ',' || r == ' ' })
	return offered(all, prefix)
}

// offered makes candidates of words, each behind a prefix.
func offered(words []string, prefix string) (all []candidate) {
	for _, w := range words {
		all = append(all, candidate{word: prefix + w})
	}
	return all
}
