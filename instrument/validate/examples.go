package validate

import (
	"context"
	"fmt"
	"math/rand/v2"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/testsystems"
)

// Examples is an ensemble of Gaussian models that is asked for its losses of single examples alone, and so can be wide:
// as many dimensions and examples as real training has.
type Examples struct {
	Dim      int     `default:"300" help:"Dimension m."`
	Subset   int     `default:"50" help:"Examples N in one training set."`
	Ratio    float64 `default:"8.9" help:"Variance of weights between sets over that within; 0: they ignore the data."`
	Datasets int     `default:"8" help:"Training sets D."`
	Replicas int     `default:"3" help:"Replicas R trained on each set."`
	Ghosts   int     `default:"1000" help:"Examples that no replica was trained on."`
	Reach    float64 `default:"0.75" help:"Share of the sum over examples that the bound must reach; 0 for none."`
}

// Pose holds M-info, as told example by example, against the two things that it bounds from below: M-info and the sum
// over examples of what the weights hold of each ([testsystems.GaussianPPM.ExampleInfo]); and against a share of that
// sum, which it must reach. Weights are the mean of the training set and noise, one step of training at a rate of 1;
// those that ignore the data hold nothing of it, 0.
func (p Examples) Pose() (*System, error) {
	if !(p.Ratio >= 0) || !(p.Reach >= 0) {
		return nil, fmt.Errorf("validate: a ratio of %v and a share of %v to reach: neither is below 0", p.Ratio, p.Reach)
	}
	if err := tellable(p.Datasets, p.Replicas, p.Ghosts); err != nil {
		return nil, err
	}
	g := testsystems.GaussianPPM{Dim: p.Dim, Sigma: 1, DataSigma: 1, InitVar: 1, Subset: p.Subset, Rate: 1}
	if p.Ratio > 0 {
		g.Steps, g.Temperature = 1, 1/(2*float64(p.Subset)*p.Ratio)
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	s := &System{Name: "examples", Parameters: p}
	s.Simulate = func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
		l := told(g, g.Simulate(p.Datasets, p.Replicas, 0, rng), p.Ghosts, rng)
		return information.MemorizedExamples(&l).MInfo, nil
	}
	if p.Ratio == 0 {
		s.Cases = []Case{toldCase("m_info", Lower, 0)}
		return s, nil
	}
	sum := g.ExampleInfo(g.Steps)
	s.Cases = []Case{toldCase("m_info", Lower, g.MInfo(g.Steps)), toldCase("m_info_of_examples", Lower, sum)}
	if p.Reach > 0 {
		s.Cases = append(s.Cases, toldCase(fmt.Sprintf("%.3g %% of it", 100*p.Reach), Upper, p.Reach*sum))
	}
	return s, nil
}

func tellable(datasets, replicas, ghosts int) error {
	if datasets < 3 || replicas < 1 || (datasets-2)*replicas < 2 || ghosts < 1 {
		return fmt.Errorf("validate: %d training sets of %d replicas and %d ghosts: need 3 of 2, or 4 of 1, and a ghost",
			datasets, replicas, ghosts)
	}
	return nil
}

// toldCase is a case whose sample is the estimate itself, which several cases hold against different truths.
func toldCase(quantity string, kind Kind, truth float64) Case {
	return of(quantity, "MemorizedExamples", kind, truth, func(e estimate.Estimate) estimate.Estimate { return e })
}
