package main

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVersion(t *testing.T) {
	system := runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
	built := &debug.BuildInfo{
		Main: debug.Module{Path: "calorimeter", Version: "v0.1.0+dirty"},
		Deps: []*debug.Module{
			{Path: "gonum.org/v1/gonum", Version: "v0.17.0"},
			{Path: "gorgonia.org/gorgonia", Version: "v0.9.18"},
			{Path: "gorgonia.org/tensor", Version: "v0.9.24", Replace: &debug.Module{Path: "../tensor"}},
		},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123abcd"}, {Key: "vcs.time", Value: "2026-11-29T13:00:00Z"},
			{Key: "vcs.modified", Value: "true"},
		},
	}
	assert.Equal(t, "calorimeter v0.1.0+dirty (revision 0123abcd of 2026-11-29T13:00:00Z, modified)\n"+system+
		"gorgonia.org/gorgonia v0.9.18\ngorgonia.org/tensor v0.9.24 => ../tensor\n", version(built))
	assert.Equal(t, "calorimeter (devel) (revision unknown: \"go run\" and -buildvcs=false leave it out)\n"+system,
		version(nil))
}
