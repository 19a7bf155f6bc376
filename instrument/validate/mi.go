package validate

import (
	"context"
	"fmt"
	"math/rand/v2"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/testsystems"
)

type pairs struct{ x, y [][]float64 }

// Task is a pair of random vectors; as a text, one of [testsystems.MITasks] by its name.
type Task struct{ testsystems.MITask }

// String returns the name.
func (t Task) String() string { return t.Name() }

// UnmarshalText looks the name up.
func (t *Task) UnmarshalText(name []byte) error {
	for _, task := range testsystems.MITasks() {
		if task.Name() == string(name) {
			t.MITask = task
			return nil
		}
	}
	return fmt.Errorf("unknown task %q", name)
}

// MutualInformation is independent pairs of a task.
type MutualInformation struct {
	Task       Task `default:"dense normal 1+1, rho 0.75" help:"Task, one of those above."`
	Samples    int  `default:"1000" help:"Pairs."`
	Neighbours int  `default:"3" help:"Neighbours k."`
}

// Pose poses the task to the nearest-neighbour estimator of mutual information, with the columns as they are and
// ranked. The first is read against the null of 19 random pairings of the same points, which is shown too: it tells
// what a small or negative value is worth. Where the task has no information, whether the estimate lies within its null
// is a case too.
func (p MutualInformation) Pose() (*System, error) {
	task, n := p.Task.MITask, p.Samples
	if err := valid(task); err != nil {
		return nil, err
	}
	if err := enough(n, p.Neighbours); err != nil {
		return nil, err
	}
	points := func(p *pairs) (x, y [][]float64) { return p.x, p.y }
	plain := information.KSGSettings{K: p.Neighbours, Permutations: permutations}
	ranked := information.KSGSettings{K: p.Neighbours, Scaling: information.Ranked}
	null := func(m information.MutualInformation) estimate.Estimate { return m.Null }
	above := func(m information.MutualInformation) estimate.Estimate { return aboveNull(m.Estimate, m.Null) }
	s := &System{
		Name: "mi", Parameters: p,
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			x, y := task.Sample(n, rng)
			return &pairs{x, y}, nil
		},
		Cases: []Case{
			{Quantity: "mi", Estimator: "KSG 1", Truth: task.MI(), Estimate: ksg(points, plain, value)},
			{Quantity: "mi", Estimator: "KSG 1 of ranks", Truth: task.MI(), Estimate: ksg(points, ranked, value)},
			{Quantity: "mi_of_random_pairs", Estimator: "KSG 1", Given: "the drawn points",
				Estimate: ksg(points, plain, null)},
		},
	}
	if task.MI() == 0 {
		s.Cases = append(s.Cases, Case{Quantity: "mi_above_null", Estimator: "KSG 1", Estimate: ksg(points, plain, above)})
	}
	return s, nil
}

// ksg makes a Case.Estimate out of the pairs that are looked at in a sample, the settings of the estimator, and what is
// read of its answer.
func ksg[T any](
	of func(sample T) (x, y [][]float64), settings information.KSGSettings,
	read func(information.MutualInformation) estimate.Estimate,
) func(any, *rand.Rand) estimate.Estimate {
	return on(func(sample T, rng *rand.Rand) estimate.Estimate {
		seeded := settings // a copy: repetitions of a calibration run side by side
		seeded.Seed = rng.Uint64()
		x, y := of(sample)
		m, err := information.KSG(x, y, &seeded)
		if err != nil {
			return estimate.Unknown("%v", err)
		}
		return read(m)
	})
}

func value(m information.MutualInformation) estimate.Estimate { return m.Estimate }

func enough(n, k int) error {
	if k < 1 || n <= k {
		return fmt.Errorf("validate: %d samples and %d neighbours: need 1 neighbour or more, and more samples than "+
			"neighbours", n, k)
	}
	return nil
}
