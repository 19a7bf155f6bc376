package record

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// recordedModules are those whose versions the numbers of a run may depend on.
var recordedModules = []string{"gorgonia", "gonum", "purego", "calorimeter"}

// FillIn enters what the running program knows by itself wherever the run says nothing: program and version, the
// command line, the time as that of the start, the machine, and the versions of the modules that numbers may depend on.
// Which BLAS is in use it cannot know.
func (r *Run) FillIn() {
	if r.Started.IsZero() {
		r.Started = time.Now().UTC().Truncate(time.Second)
	}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		build = new(debug.BuildInfo)
	}
	fill(&r.Program, programName())
	if len(r.Command) == 0 {
		r.Command = commandLine(build.Path)
	}
	fill(&r.Version, version(build))
	fill(&r.Machine.OS, runtime.GOOS)
	fill(&r.Machine.Arch, runtime.GOARCH)
	fill(&r.Machine.Go, runtime.Version())
	if r.Machine.CPUs == 0 {
		r.Machine.CPUs = runtime.NumCPU()
	}
	if r.Modules != nil {
		return
	}
	r.Modules = map[string]string{}
	for _, dep := range build.Deps {
		if slices.ContainsFunc(recordedModules, func(name string) bool { return strings.Contains(dep.Path, name) }) {
			r.Modules[dep.Path] = dep.Version
		}
	}
}

// version is the revision that the program was built from. Where it is not known, or files were changed since, the
// checksum of the program tells it from others.
func version(build *debug.BuildInfo) string {
	revision, modified := "devel", true
	for _, kv := range build.Settings {
		switch kv.Key {
		case "vcs.revision":
			revision, modified = kv.Value, false
		case "vcs.modified":
			if kv.Value == "true" {
				revision, modified = revision+"+modified", true
			}
		}
	}
	if sum := programSum(); modified && sum != "" {
		revision += "-" + sum[:12]
	}
	return revision
}

// programSum is the SHA-256 of the running program; empty where it cannot be read.
var programSum = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	sum, err := fileSum(path)
	if err != nil {
		return ""
	}
	return sum
})

func fill(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// programName is the name of the executable.
func programName() string {
	name := filepath.Base(os.Args[0])
	return strings.TrimSuffix(strings.TrimSuffix(name, ".exe"), ".test")
}

// commandLine is what starts the program again: go run leaves an executable that is nobody's to start.
func commandLine(path string) []string {
	if !strings.Contains(filepath.ToSlash(os.Args[0]), "/go-build") {
		return slices.Clone(os.Args)
	}
	if path == "" || path == "command-line-arguments" { // files were named instead of a package
		path = "."
	}
	return append([]string{"go", "run", path}, os.Args[1:]...)
}
