package experiment

import (
	"fmt"
	"slices"
	"strings"

	"calorimeter/instrument/record"
)

// Experiment is a claim with what is done to see it: an exactly solvable case, and networks.
type Experiment struct {
	Name    string // by which it is called, in lower case
	Title   string // in words
	Claim   string // what is put to the test, in a sentence or two
	Source  string
	Caption string   // of the figure: its panels are lettered, those of the exact case first
	Limits  []string // what the result cannot show, whatever its size

	Exact, Network Trial
}

// Trial is one half of an experiment: trainings, and how they are judged.
type Trial struct {
	Jobs   []Job    // to be carried out first, in this order; none where the judge needs none
	Varies []string // names of the settings that the jobs are there to differ in: they cannot be chosen from outside
	// Judge says what the runs show. They are all done, and in the order of the jobs.
	Judge func(runs []*Run) (Outcome, error)
}

// Job is one training: the settings of the program that carries it out, each "name=value", or "name" of one that is on
// or off; all others have their defaults.
type Job struct {
	Name     string
	Settings []string
}

// named is the name of a setting.
func named(setting string) string {
	name, _, _ := strings.Cut(setting, "=")
	return name
}

// Outcome is what a trial shows.
type Outcome struct {
	Setup      string // what was trained or solved, in half a line
	Statements []record.Statement
	Diagrams   []record.Diagram
	Answer     string   // what was seen, in a sentence
	Sharpen    []string // what would make it sharper
}

// Trial is the outcome as it is recorded.
func (o Outcome) Trial(runs []string) *record.Trial {
	return &record.Trial{
		Verdict: record.Worst(o.Statements), Setup: o.Setup, Runs: runs, Statements: o.Statements, Diagrams: o.Diagrams,
	}
}

// Told is the answer, with the statements that do not hold.
func (o Outcome) Told() string {
	told := o.Answer
	for _, v := range []record.Verdict{record.Fails, record.CannotTell} {
		var parts []string
		for _, s := range o.Statements {
			if s.Verdict == v {
				parts = append(parts, fmt.Sprintf("%s: %v", s.Text, s.Figure))
			}
		}
		if parts != nil {
			told += ". " + map[record.Verdict]string{record.Fails: "What fails: ", record.CannotTell: "Not told: "}[v] +
				strings.Join(parts, "; ")
		}
	}
	return told
}

// experiments are all that were declared, in the order of [order].
var experiments []*Experiment

// order is the order in which experiments are listed.
var order = []string{"balance", "quasi-static", "reservoir", "capacity", "lagged", "response", "demon"}

// declare adds an experiment to the list.
func declare(e *Experiment) bool {
	experiments = append(experiments, e)
	slices.SortFunc(experiments, func(a, b *Experiment) int {
		return slices.Index(order, a.Name) - slices.Index(order, b.Name)
	})
	return true
}

// All returns all experiments, in the order of their list. They must not be modified.
func All() []*Experiment { return experiments }

// Named returns the experiment of that name.
func Named(name string) (*Experiment, error) {
	var names []string
	for _, e := range experiments {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return nil, fmt.Errorf("experiment: unknown experiment %q: known are %s", name, strings.Join(names, ", "))
}

// With returns the trial with settings put in the place of those that the jobs have of the same name, or added. One
// that the trial varies is an error.
func (t Trial) With(settings []string) (Trial, error) {
	for _, s := range settings {
		if slices.Contains(t.Varies, named(s)) {
			return t, fmt.Errorf("experiment: %s is what the experiment varies, and cannot be set", named(s))
		}
	}
	jobs := slices.Clone(t.Jobs)
	for i, job := range jobs {
		kept := slices.DeleteFunc(slices.Clone(job.Settings), func(own string) bool {
			return slices.ContainsFunc(settings, func(s string) bool { return named(s) == named(own) })
		})
		jobs[i].Settings = append(kept, settings...)
	}
	t.Jobs = jobs
	return t, nil
}
