package experiment

import (
	"fmt"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"gonum.org/v1/gonum/stat"
)

var _ = declare(&Experiment{
	Name:  "lagged",
	Title: "Samples that lag behind the weights",
	Claim: "Samples lag behind the weights: where they do not equilibrate between updates, W − ΔF exceeds the " +
		"Σ KL(p(.|θₙ₋₁)‖p(.|θₙ)) of samples in equilibrium, and falls to it with the number of moves. Information " +
		"flows in two half-steps: lost as the weights move, gained as the samples do.",
	Source: parsi + "; half-steps: Still et al. 2012, Phys. Rev. Lett. 109, 120604",
	Caption: "Samples that are moved so many times between two updates of the weights. a: W − ΔF of a Gaussian model " +
		"whose samples relax by a factor of 0.8 a move, for weights that drift (solid) and fluctuate (broken). " +
		"b: Lower bounds of I(X;Θ) at the last update there, when only the weights have moved and when the " +
		"samples have too; fluctuating weights. c: W − ΔF of restricted Boltzmann machines after training, on bars and " +
		"stripes by full batches (solid) and on MNIST digits by mini-batches (broken). d: W − ΔF of 1 move less that of " +
		"100, up to each observation. e: Lower bound of I(X;Θ) of the machine on digits, at each observation before and " +
		"after the samples moved, 100 moves. f: The same of 1 move. Bars are 95 % intervals over training sets.",
	Limits: []string{
		"One path of the weights for all numbers of moves: what is compared is the samples alone.",
		"The upper bound of I(X;Θ) takes samples to be distributed by p(.|θ): of samples that lag the lower one alone " +
			"holds, and data processing bounds I(Xₙ₋₁;Θₙ) by I(Xₙ₋₁;Θₙ₋₁) only for samples in equilibrium.",
		"Flows of networks are differences of lower bounds.",
		"What makes samples of a network that lag dissipate more or less is not tested: no machine here has weights that " +
			"only drift.",
	},
	Exact:   Trial{Judge: exactLagged},
	Network: Trial{Jobs: lagJobs(), Varies: []string{"data", "moves"}, Judge: networkLagged},
})

// networkMoves are the moves at an observation of each machine.
var networkMoves = []int{1, 3, 10, 30, 100}

// lagMachines are the machines, whose observer chains are moved at observations alone.
var lagMachines = []struct {
	name string
	args []string
}{
	{"bars", []string{"model=rbm", "ais-chains=0", "observations=30", "data=bars-and-stripes", "width=12", "particles=500",
		"sweeps=2", "subset=12", "batch=0", "lr=0.5", "steps=1000"}},
	{"digits", []string{"model=rbm", "ais-chains=0", "observations=30", "data=mnist-sample", "width=16", "particles=50",
		"sweeps=5", "subset=500", "batch=50", "lr=0.3", "steps=600"}},
	{"deep", []string{"model=ebm", "ais-chains=32", "ais-steps=500", "observations=16", "data=bars-and-stripes",
		"preprocess=dequantise", "width=64", "particles=500", "sweeps=5", "subset=500", "batch=50", "lr=0.03", "steps=1000"}},
}

func lagJobs() (jobs []Job) {
	for _, m := range lagMachines {
		for _, moves := range networkMoves {
			args := append([]string{fmt.Sprintf("moves=%d", moves)}, m.args...)
			args = append(args, "lag", "follow=0", "chains=64", "test-size=200", "replicas=1", "permutations=0")
			jobs = append(jobs, Job{Name: fmt.Sprintf("%s-%d", m.name, moves), Settings: args})
		}
	}
	return jobs
}

// exactLagged holds the Gaussian model with a kernel that relaxes slowly against its closed forms.
func exactLagged([]*Run) (Outcome, error) {
	o := Outcome{
		Setup: fmt.Sprintf("Gaussian model, %d training sets; weights that drift, weights that fluctuate", lagSets),
	}
	work := record.Diagram{X: "moves at an update", Y: "W − ΔF (nats)", XScale: record.Log}
	info := record.Diagram{X: "moves at an update", Y: "I(X;Θ), lower bound (nats)", XScale: record.Log}
	for dash, c := range lagCases {
		measured, known := line("Σ", c.name, dash), guide("closed form", nil, nil)
		for _, moves := range lagMoves {
			known.X, known.Y = append(known.X, float64(moves)), append(known.Y, c.truth(moves).Work)
		}
		var runs []*lagRun
		for _, moves := range lagMoves {
			r, err := c.run(moves, 1)
			if err != nil {
				return o, err
			}
			runs = append(runs, r)
			measured.Add(float64(moves), r.production())
		}
		o.Statements = append(o.Statements, lagStatements(runs)...)
		work.Lines = append(work.Lines, measured, known)
		if c.name == "fluctuating" {
			info.Lines = flowLines(runs)
		}
	}
	o.Diagrams = []record.Diagram{work, info}
	slow, fast := lagMoves[0], lagMoves[len(lagMoves)-1]
	o.Answer = fmt.Sprintf("%d moves dissipate %.3g times what %d do where the weights drift, and %.3g times where they "+
		"fluctuate", slow, lagCases[0].truth(slow).Work/lagCases[0].truth(fast).Work, fast,
		lagCases[1].truth(slow).Work/lagCases[1].truth(fast).Work)
	return o, nil
}

// flowLines are what samples tell of the weights at the last update, before they move and after.
func flowLines(runs []*lagRun) []record.Line {
	before, after := line("S", "before they move", 0), line("I", "after", 0)
	truthBefore, truthAfter := guide("closed form", nil, nil), guide("closed form", nil, nil)
	for _, r := range runs {
		x, truth := float64(r.moves), r.truth(r.moves)
		before.Add(x, r.unmoved.Bounds().Sample.Lower)
		after.Add(x, r.moved.Bounds().Sample.Lower)
		truthBefore.X, truthBefore.Y = append(truthBefore.X, x), append(truthBefore.Y, truth.XInfoBefore)
		truthAfter.X, truthAfter.Y = append(truthAfter.X, x), append(truthAfter.Y, truth.XInfo)
	}
	return []record.Line{before, after, truthBefore, truthAfter}
}

// networkLagged says how dissipation changes with the number of moves, and how information flows.
func networkLagged(runs []*Run) (Outcome, error) {
	o := Outcome{Setup: fmt.Sprintf("restricted Boltzmann machines, exact ln Z; a deep energy-based model, ln Z by "+
		"annealing; %d training sets", runs[0].Datasets)}
	work := record.Diagram{X: "moves at an observation", Y: "W − ΔF (nats)", XScale: record.Log}
	over := record.Diagram{X: "training step", Y: "W − ΔF, 1 move less 100 (nats)", XScale: record.Steps}
	n := len(networkMoves)
	for i, m := range lagMachines {
		of := runs[i*n : (i+1)*n]
		l := line("Σ", m.name, i)
		for k, r := range of {
			l.Add(float64(networkMoves[k]), r.Last("entropy_production"))
		}
		work.Lines = append(work.Lines, l)
		difference, err := excess(of[0], of[n-1], line("Σ", m.name, i))
		if err != nil {
			return o, err
		}
		over.Lines = append(over.Lines, difference)
		loss, gain := halfSteps(of[n-1])
		few, many := of[0].Last("entropy_production"), of[n-1].Last("entropy_production")
		o.Statements = append(o.Statements,
			atLeast(fmt.Sprintf("W − ΔF of 1 move, %s", m.name), "nats", few, 0),
			atLeast(fmt.Sprintf("W − ΔF of 1 move less that of %d, %s", networkMoves[n-1], m.name), "nats",
				paired(few, many), 0),
			within(fmt.Sprintf("W − ΔF of %d moves less that of %d, over the latter, %s", networkMoves[n-2],
				networkMoves[n-1], m.name), "1", paired(of[n-2].Last("entropy_production"), many).Scale(1/many.Value), -0.1, 0.1),
			atLeast(fmt.Sprintf("last loss of I(X;Θ) as the weights move, %d moves, %s", networkMoves[n-1], m.name), "nats",
				loss, 0),
			atLeast(fmt.Sprintf("last gain of I(X;Θ) as the samples move, %d moves, %s", networkMoves[n-1], m.name), "nats",
				gain, 0),
		)
		o.Answer += fmt.Sprintf("%s: W − ΔF is %v at 1 move and %v at %d; ", m.name, few, many, networkMoves[n-1])
	}
	o.Answer += "in the exact case this goes either way, as the weights drift or fluctuate"
	digits := runs[n : 2*n]
	o.Diagrams = []record.Diagram{work, over, sawtooth(digits[n-1]), sawtooth(digits[0])}
	o.Sharpen = []string{
		"more training sets, which the errors are over",
		"a lower rate of learning, at which the weights fluctuate less",
	}
	return o, nil
}

// paired is the difference of two numbers on the same training sets.
func paired(a, b estimate.Estimate) estimate.Estimate {
	d, ok := estimate.Paired(a, b)
	if !ok {
		return estimate.Unknown("the training sets of the two are not known one by one")
	}
	return d
}

// halfSteps are the changes of the lower bound of I(X;Θ) up to the last observation: the loss as the weights moved, its
// error without what both have in common, and the gain as the samples did.
func halfSteps(r *Run) (loss, gain estimate.Estimate) {
	observed := r.Observed()
	earlier, between := r.At("x_info_lo", observed[len(observed)-2]), r.Last("x_info_before_lo")
	return estimate.Difference(earlier, between), paired(r.Last("x_info_lo"), between)
}

// excess is the work of one run less that of another along the same path of the weights, cumulated over training: ΔF is
// the same for both.
func excess(few, many *Run, l record.Line) (record.Line, error) {
	a, err := few.Chains()
	if err != nil {
		return l, err
	}
	b, err := many.Chains()
	if err != nil {
		return l, err
	}
	sum := make([]float64, few.Datasets)
	for n, t := range few.Observed() {
		if n == 0 { // no interval ends here
			continue
		}
		for s := range a.Work {
			d := s / few.Replicas
			sum[d] += (stat.Mean(a.Work[s][n], nil) - stat.Mean(b.Work[s][n], nil)) / float64(few.Replicas)
		}
		l.Add(float64(t), estimate.SkewedMean(sum, 0))
	}
	return l, nil
}

// sawtooth shows I(X;Θ) as the weights and the samples move in turn.
func sawtooth(r *Run) record.Diagram {
	l := line("I", "", 0)
	for n, t := range r.Observed() {
		at := []string{"x_info_before_lo", "x_info_lo"}
		if n == 0 {
			at = at[1:]
		}
		for _, name := range at {
			if e := r.At(name, t); e.Known() {
				l.X, l.Y = append(l.X, float64(t)), append(l.Y, e.Value)
			}
		}
	}
	return record.Diagram{
		X: "training step", Y: "I(X;Θ), lower bound (nats)", XScale: record.Steps, Lines: []record.Line{l},
	}
}
