package experiment

import (
	"fmt"
	"strings"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

var _ = declare(&Experiment{
	Name:  "reservoir",
	Title: "The parameters are the reservoir that takes up heat and stores what was learned",
	Claim: "While a model learns its samples dissipate heat −Q into its parameters, whose entropy S(Θ) grows, and " +
		"which store what was learned of the training set as M-info: more than a sample expresses of it (L-info), " +
		"and less at a higher temperature of training.",
	Source: parsi,
	Caption: "Heat, entropy and information of the parameters, at several temperatures T of Langevin training. a: " +
		"Gaussian model, heat dissipated so far −Q, M-info example by example (a lower bound) and L-info (bars: " +
		"both bounds). b: change of S(Θ) a weight against that heat. c: what was gained for each nat of heat, of " +
		"one training that is observed often (solid), and seldom (circles). d, e, f: the same of MADE on MNIST " +
		"digits, at one schedule; ΔS(Θ) there is since the first observation after the shared start, and has no " +
		"interval. What cannot be told from 0 is left out. Dashes tell T apart, as b and e say. Bars are 95 % " +
		"intervals over training sets; closed forms are grey (a: at the lowest T).",
	Limits: []string{
		"M-info is a lower bound, summed over examples: what share of it a sample expresses is bounded from above alone.",
		"Heat depends on the schedule of observations, and so do both ratios: they compare at equal schedules only.",
		"S(Θ) of a network is that of a cloud of few replicas in many dimensions: its growth is told of single " +
			"weights, and not of how they depend on each other.",
		"At T > 0 the spread of replicas is mostly noise, and few replicas leave a wide bracket of L-info.",
	},
	Exact: Trial{
		Jobs: []Job{
			warmed("T0.02", 0.02, 5, exactReservoirSettings), warmed("T0.1", 0.1, 5, exactReservoirSettings),
			warmed("T0.3", 0.3, 5, exactReservoirSettings), warmed("T0.02-seldom", 0.02, 3, exactReservoirSettings),
		},
		Judge: exactReservoir,
	},
	Network: Trial{
		Jobs: []Job{
			warmed("T0", 0, 12, networkReservoirSettings), warmed("T0.001", 0.001, 12, networkReservoirSettings),
			warmed("T0.01", 0.01, 12, networkReservoirSettings),
		},
		Varies: []string{"temperature"},
		Judge:  networkReservoir,
	},
})

var (
	exactReservoirSettings = []string{
		"model=gaussian", "dim=8", "subset=10", "data-sigma=4", "datasets=64", "replicas=3", "permutations=0",
	}
	networkReservoirSettings = []string{
		"model=made", "width=96", "steps=800", "datasets=10", "replicas=3", "permutations=0",
	}
)

// warmed is a training at a temperature, observed so often.
func warmed(name string, temperature float64, observations int, settings []string) Job {
	return Job{Name: name, Settings: append([]string{
		fmt.Sprintf("temperature=%g", temperature), fmt.Sprintf("observations=%d", observations),
	}, settings...)}
}

// warmth is what tells a run from others, in words.
func warmth(r *Run) string {
	return strings.NewReplacer("T", "T = ", "-", ", observed ").Replace(r.Name)
}

// exactReservoir holds what Gaussian weights take up and store against the closed forms.
func exactReservoir(runs []*Run) (Outcome, error) {
	var o Outcome
	for _, r := range runs {
		g, err := r.Gaussian()
		if err != nil {
			return o, err
		}
		work := g.CumulativeWork(r.Observed())
		heat := work[len(work)-1]
		entropy := g.EntropyTheta(r.Steps) - g.EntropyTheta(0)
		o.Statements = append(o.Statements,
			reaches(warmth(r)+": M-info, example by example", "nats", r.Last("m_info"), g.ExampleInfo(r.Steps)),
			equals(warmth(r)+": M-info, Gaussian", "nats", r.Last("m_info_gauss"), g.MInfo(r.Steps)),
			brackets(warmth(r)+": L-info", "nats", r.Last("l_info_lo"), r.Last("l_info_hi"), g.LInfo(r.Steps)),
			equals(warmth(r)+": heat dissipated −Q", "nats", dissipated(r), heat),
			equals(warmth(r)+": ΔS(Θ)/−Q", "1", r.Last("reservoir_entropy"), entropy/heat),
			reaches(warmth(r)+": M-info/−Q", "1", r.Last("reservoir_information"), g.ExampleInfo(r.Steps)/heat),
		)
	}
	often, seldom := runs[0], runs[3]
	cooled := family{runs[2], runs[1], runs[0]}
	o.Statements = append(o.Statements,
		cooled.rises("M-info rises as T falls", "nats", final("m_info_gauss")),
		family{seldom, often}.rises("ΔS(Θ)/−Q rises with the observations of one training", "1",
			final("reservoir_entropy")))
	o.Setup = fmt.Sprintf("Gaussian models at three T and two schedules, %d training sets, %d steps", often.Datasets,
		often.Steps)
	o.Diagrams = reservoirDiagrams(runs[:3], []*Run{often, seldom})
	o.Answer = fmt.Sprintf("on Gaussian models M-info, entropy and heat are the closed forms; the schedule alone takes "+
		"ΔS(Θ)/−Q from %v to %v", seldom.Last("reservoir_entropy"), often.Last("reservoir_entropy"))
	return o, nil
}

// networkReservoir says what the weights of networks take up and store.
func networkReservoir(runs []*Run) (Outcome, error) {
	cooled := family{runs[2], runs[1], runs[0]}
	o := Outcome{Setup: runs[0].Setup}
	for _, r := range runs {
		t := r.Observed()[1] // the first after the shared start
		gained := func(name string) estimate.Estimate { return estimate.Difference(r.Last(name), r.At(name, t)) }
		o.Statements = append(o.Statements,
			atLeast(warmth(r)+": heat dissipated over training", "nats", dissipated(r), 0),
			atLeast(fmt.Sprintf("%s: M-info gained since step %d", warmth(r), t), "nats", gained("m_info"), 0),
			atLeast(fmt.Sprintf("%s: entropy gained since step %d, sum over single weights", warmth(r), t), "nats",
				gained("s_theta_hadamard"), 0),
			unexpressed(r))
	}
	o.Statements = append(o.Statements,
		cooled.rises("M-info rises as T falls", "nats", final("m_info")),
		cooled.rises("M-info/−Q rises as T falls", "1", final("reservoir_information")))
	o.Diagrams = reservoirDiagrams(runs, runs)
	cold, hot := runs[0], runs[len(runs)-1]
	o.Answer = fmt.Sprintf("at %s the weights store %v nats, %v for each nat of heat, of which a sample expresses at "+
		"most %.2g %%; at %s %v nats, %v for each", warmth(cold), cold.Last("m_info"), cold.Last("reservoir_information"),
		100*cold.Last("l_info_hi").Hi/cold.Last("m_info").Lo, warmth(hot), hot.Last("m_info"),
		hot.Last("reservoir_information"))
	o.Sharpen = []string{
		"more replicas of each training set, which narrow the bracket of L-info where there is noise",
		"more training sets, which narrow all intervals",
	}
	return o, nil
}

// unexpressed states that the weights hold more than a sample expresses, at all observations that tell M-info from 0,
// by the one that tells least.
func unexpressed(r *Run) record.Statement {
	text := warmth(r) + ": M-info less the upper bound of L-info"
	least := exceeds(text, "nats", estimate.Unknown("M-info is not told from 0"), estimate.Exact(0))
	for _, t := range r.Observed() {
		stored := r.At("m_info", t)
		s := exceeds(text, "nats", stored, r.At("l_info_hi", t))
		s.Because = fmt.Sprintf("the least of the observations that tell M-info from 0, at step %d", t)
		if stored.Lo > 0 && !(s.Figure.Lo >= least.Figure.Lo) {
			least = s
		}
	}
	return least
}
