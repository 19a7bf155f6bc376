package main

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// hideOthers leaves the flags that the model does not read out of the help. owners names the models of each flag that not
// every model reads.
func hideOthers(owners map[string][]string, model string) kong.Option {
	return kong.PostBuild(func(k *kong.Kong) error {
		for _, f := range k.Model.Flags {
			owner, ok := owners[f.Name]
			f.Hidden = f.Hidden || ok && !slices.Contains(owner, model)
		}
		return nil
	})
}

// parseLine reads a command line into the fields of grammar. Errors refer to the help of see.
func parseLine(grammar any, args []string, std streams, see string, options ...kong.Option) (*kong.Context, error) {
	helped := false
	parser, err := kong.New(grammar, append(options,
		kong.Writers(std.out, std.err), kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}))...)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(args)
	if helped {
		return nil, errHelp
	}
	if err != nil {
		return nil, usagef("%w (see %s --help)", err, see)
	}
	return parsed, nil
}

// checkOwners rejects a flag that this model does not read. owners names the models of each flag that not every model
// reads.
func checkOwners(parsed *kong.Context, owners map[string][]string, model string) error {
	for _, step := range parsed.Path {
		if step.Flag == nil {
			continue
		}
		if owner, ok := owners[step.Flag.Name]; ok && !slices.Contains(owner, model) {
			return usagef("--%s is a flag of %s; this run trains %s", step.Flag.Name, strings.Join(owner, ", "), model)
		}
	}
	return nil
}
