package main

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// mainSource begins with the comment that says what the program is.
//
//go:embed main.go
var mainSource string

// overview is the comment of this package, which go doc shows too.
func overview() string {
	comment, _, _ := strings.Cut(mainSource, "package main")
	var b strings.Builder
	for line := range strings.Lines(comment) {
		b.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "//"), " "))
	}
	return strings.Replace(b.String(), "Command train", "train", 1)
}

// helpVerb prints what the program does, or the flags of what it is asked about: a verb, a model, or the rest of a
// command line.
func helpVerb(ctx context.Context, args []string, std streams) error {
	switch {
	case len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help":
		_, err := fmt.Fprintf(std.out, "%s\nVerbs: %s.\nModels: %s.\n",
			overview(), strings.Join(verbNames(), ", "), strings.Join(modelNames(), ", "))
		return err
	case slices.Contains(modelNames(), args[0]):
		args = slices.Concat([]string{"--model"}, args)
	}
	do, rest, err := pick(args)
	if err != nil {
		return fmt.Errorf("%w; models: %s", err, strings.Join(modelNames(), ", "))
	}
	return do(ctx, append(rest, "--help"), std)
}
