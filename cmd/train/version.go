package main

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

const versionHelp = `Usage: train --version

Print the version of the module, the revision of its repository and whether files were changed since, and the versions
of Go and of Gorgonia.
`

// versionVerb prints what the program was built from.
func versionVerb(_ context.Context, args []string, std streams) error {
	if len(args) > 0 && !slices.Contains([]string{"-h", "--help"}, args[0]) {
		return usagef("--version takes no arguments, but got %q", args)
	}
	text := versionHelp
	if len(args) == 0 {
		info, _ := debug.ReadBuildInfo()
		text = version(info)
	}
	_, err := fmt.Fprint(std.out, text)
	return err
}

// version says what a program was built from. info is nil where the linker noted nothing.
func version(info *debug.BuildInfo) string {
	if info == nil {
		info = &debug.BuildInfo{}
	}
	noted := make(map[string]string)
	for _, s := range info.Settings {
		noted[s.Key] = s.Value
	}
	revision := `revision unknown: "go run" and -buildvcs=false leave it out`
	if id := noted["vcs.revision"]; id != "" {
		revision = "revision " + id + " of " + noted["vcs.time"]
		if noted["vcs.modified"] == "true" {
			revision += ", modified"
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "calorimeter %s (%s)\n", cmp.Or(info.Main.Version, "(devel)"), revision)
	fmt.Fprintf(&b, "%s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, dep := range info.Deps {
		if dep.Path != "gorgonia.org/gorgonia" && dep.Path != "gorgonia.org/tensor" {
			continue
		}
		line := dep.Path + " " + dep.Version
		if dep.Replace != nil {
			line += " => " + dep.Replace.Path + " " + dep.Replace.Version
		}
		fmt.Fprintln(&b, strings.TrimSpace(line))
	}
	return b.String()
}
