package report

import (
	"cmp"
	"fmt"
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
	add("Seed", strconv.FormatUint(run.Seed, 10))
	if !run.Started.IsZero() {
		add("Started", run.Started.UTC().Format("2 January 2006, 15:04 UTC"))
	}
	if run.Seconds > 0 {
		add("Time taken", (time.Duration(run.Seconds * float64(time.Second))).Round(100*time.Millisecond).String())
	}
	m := run.Machine
	if m.OS != "" {
		add("Machine", fmt.Sprintf("%s/%s, %s, %s", m.OS, m.Arch, plural(m.CPUs, "CPU"), plural(m.Workers, "worker")))
	}
	add("BLAS", m.BLAS)
	add("Go", m.Go)
	add("Version", strings.TrimSpace(run.Program+" "+run.Version))
	return list
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
