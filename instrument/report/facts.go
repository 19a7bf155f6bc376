package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"calorimeter/instrument/record"
)

// facts lists what was trained, where and when.
func facts(run *record.Run) []record.Setting {
	var list []record.Setting
	add := func(name, value string) {
		if strings.TrimSpace(value) != "" {
			list = append(list, record.Setting{Name: name, Value: value})
		}
	}
	if run.Weights > 0 {
		weights := count(run.Weights)
		if run.FreeWeights > 0 && run.FreeWeights != run.Weights {
			weights += fmt.Sprintf(" (%s of them free)", count(run.FreeWeights))
		}
		add("Weights", weights)
	}
	add("Free weights per example", perExample(run))
	if run.Chains > 0 {
		add("Observer chains per replica", count(run.Chains))
	}
	if seeded(run) {
		add("Seed", strconv.FormatUint(run.Seed, 10))
	}
	if !run.Started.IsZero() {
		add("Started", run.Started.UTC().Format("2 January 2006, 15:04 UTC"))
	}
	if run.Seconds > 0 {
		add("Time taken", (time.Duration(run.Seconds * float64(time.Second))).Round(100*time.Millisecond).String())
	}
	m := run.Machine
	if m.OS != "" {
		machine := fmt.Sprintf("%s/%s, %s", m.OS, m.Arch, plural(m.CPUs, "CPU"))
		if m.Workers > 0 {
			machine += ", " + plural(m.Workers, "worker")
		}
		add("Machine", machine)
	}
	add("BLAS", m.BLAS)
	add("Go", m.Go)
	add("Version", strings.TrimSpace(run.Program+" "+run.Version))
	return list
}

// seeded reports whether the seed was told: 0 is one too, where it is among the settings.
func seeded(run *record.Run) bool {
	set := func(s record.Setting) bool { return s.Name == "seed" }
	return run.Seed != 0 || slices.ContainsFunc(run.Config, set)
}

// perExample prints how many weights that matter there are for each example of a training set; empty where it is not
// known.
func perExample(run *record.Run) string {
	if w := weightsPerExample(run); w > 0 {
		return bound(w)
	}
	return ""
}

// weightsPerExample is the capacity of a run: free weights over the examples of a training set; 0 where it is unknown.
func weightsPerExample(run *record.Run) float64 {
	if run.Subset == 0 {
		return 0
	}
	return float64(cmp.Or(run.FreeWeights, run.Weights)) / float64(run.Subset)
}
