package main

import (
	"strings"

	"calorimeter/instrument/testsystems"
	"calorimeter/instrument/validate"
)

// The flags of each exact system, and the system that they pose.

type suiteFlags struct{}

func (suiteFlags) pose(f *validateFlags) ([]*validate.System, error) {
	if f.Calibrate {
		return validate.CalibrationSuite(f.Quick), nil
	}
	return validate.Suite(f.Quick), nil
}

func one(s *validate.System, err error) ([]*validate.System, error) {
	return []*validate.System{s}, err
}

type ppmFlags struct {
	Dim         int     `default:"1" help:"Dimension m."`
	Sigma       float64 `default:"1" help:"Standard deviation s of a sample."`
	DataSigma   float64 `default:"1" help:"Standard deviation s0 of the data."`
	InitVar     float64 `default:"0.01" help:"Variance v0 of the initial weights."`
	Subset      int     `default:"4" help:"Examples N in one training set."`
	LR          float64 `name:"lr" default:"0.1" help:"Learning rate r."`
	Temperature float64 `default:"0.02" help:"Temperature T of Langevin noise."`
	Steps       int     `default:"40" help:"SGD steps."`
}

func (p ppmFlags) model() testsystems.GaussianPPM {
	return testsystems.GaussianPPM{
		Dim: p.Dim, Sigma: p.Sigma, DataSigma: p.DataSigma, InitVar: p.InitVar,
		Subset: p.Subset, Rate: p.LR, Temperature: p.Temperature, Steps: p.Steps,
	}
}

type ensembleFlags struct {
	Datasets int `default:"64" help:"Training sets D."`
	Replicas int `default:"8" help:"Replicas R trained on each set."`
	Chains   int `default:"16" help:"Observer chains K of a replica."`
}

func (e ensembleFlags) size() validate.EnsembleSize {
	return validate.EnsembleSize{Datasets: e.Datasets, Replicas: e.Replicas, Chains: e.Chains}
}

type gaussianFlags struct {
	ppmFlags      `embed:""`
	ensembleFlags `embed:""`
}

func (g gaussianFlags) pose(*validateFlags) ([]*validate.System, error) {
	return one(validate.Gaussian(g.model(), g.size()))
}

type simulatedFlags struct {
	ppmFlags      `embed:""`
	ensembleFlags `embed:""`
}

func (g simulatedFlags) pose(*validateFlags) ([]*validate.System, error) {
	return one(validate.SimulatedGaussian(g.model(), g.size()))
}

type pairsFlags struct {
	ppmFlags   `embed:""`
	Samples    int `default:"1000" help:"Independent draws."`
	Neighbours int `default:"3" help:"Neighbours k."`
}

func (g pairsFlags) pose(*validateFlags) ([]*validate.System, error) {
	return one(validate.GaussianPairs(g.model(), g.Samples, g.Neighbours))
}

type nullFlags struct {
	Dim         int     `default:"1" help:"Dimension m."`
	Sigma       float64 `default:"1" help:"Standard deviation s of a sample."`
	InitVar     float64 `default:"0.01" help:"Variance v0 of the initial weights."`
	Subset      int     `default:"4" help:"Examples N in one training set, all 0."`
	LR          float64 `name:"lr" default:"0.1" help:"Learning rate r."`
	Temperature float64 `default:"0.02" help:"Temperature T of Langevin noise."`
	Steps       int     `default:"40" help:"SGD steps."`
	Datasets    int     `default:"24" help:"Training sets D."`
	Replicas    int     `default:"4" help:"Replicas R trained on each set."`
	Chains      int     `default:"8" help:"Observer chains K of a replica."`
}

func (n nullFlags) pose(*validateFlags) ([]*validate.System, error) {
	return one(validate.IndependentGaussian(testsystems.GaussianPPM{
		Dim: n.Dim, Sigma: n.Sigma, InitVar: n.InitVar, Subset: n.Subset,
		Rate: n.LR, Temperature: n.Temperature, Steps: n.Steps,
	}, validate.EnsembleSize{Datasets: n.Datasets, Replicas: n.Replicas, Chains: n.Chains}))
}

type entropyFlags struct {
	Density    string `default:"normal" enum:"${densities}" help:"Density of every column: ${densities}."`
	Dim        int    `default:"3" help:"Independent columns."`
	Samples    int    `default:"1000" help:"Points."`
	Neighbours int    `default:"3" help:"Neighbours k."`
}

func (e entropyFlags) pose(*validateFlags) ([]*validate.System, error) {
	return one(validate.DifferentialEntropy(e.Density, e.Dim, e.Samples, e.Neighbours))
}

type oscillatorFlags struct {
	Stiffness float64 `default:"1" help:"Stiffness before the switch."`
	Ratio     float64 `default:"2" help:"Stiffness after it, over the one before."`
	Samples   int     `default:"1000" help:"Realisations each way."`
}

func (o oscillatorFlags) pose(*validateFlags) ([]*validate.System, error) {
	return one(validate.Oscillator(o.Stiffness, o.Ratio, o.Samples))
}

type trapFlags struct {
	Stiffness float64 `default:"1" help:"Stiffness of the trap."`
	Friction  float64 `default:"1" help:"Friction."`
	Speed     float64 `default:"1" help:"Speed of the trap."`
	Duration  float64 `default:"5" help:"Time for which it is dragged."`
	Samples   int     `default:"1000" help:"Realisations each way."`
}

func (t trapFlags) pose(*validateFlags) ([]*validate.System, error) {
	d := testsystems.DraggedTrap{Stiffness: t.Stiffness, Friction: t.Friction, Speed: t.Speed, Duration: t.Duration}
	return one(validate.Trap(d, t.Samples))
}

type gaussianWorkFlags struct {
	Mean    float64 `default:"1" help:"Mean of the forward work."`
	SD      float64 `name:"sd" default:"1" help:"Standard deviation of the work."`
	Samples int     `default:"1000" help:"Realisations each way."`
}

func (g gaussianWorkFlags) pose(*validateFlags) ([]*validate.System, error) {
	return one(validate.GaussianWork(testsystems.GaussianWork{Mean: g.Mean, SD: g.SD}, g.Samples))
}

type langevinFlags struct {
	Stiffness float64 `default:"1" help:"Stiffness at the start."`
	Ratio     float64 `default:"4" help:"Stiffness at the end, over the one at the start."`
	StepSize  float64 `default:"0.1" help:"Langevin step."`
	Steps     int     `default:"50" help:"Steps from start to end."`
	Samples   int     `default:"1000" help:"Realisations."`
}

func (l langevinFlags) pose(*validateFlags) ([]*validate.System, error) {
	trap := validate.LangevinTrap{Stiffness: l.Stiffness, Ratio: l.Ratio, StepSize: l.StepSize, Steps: l.Steps}
	return one(validate.Langevin(trap, l.Samples))
}

type rbmFlags struct {
	Visible int    `default:"8" help:"Visible units."`
	Hidden  int    `default:"4" help:"Hidden units."`
	Machine uint64 `default:"1" help:"Seed of the machine's weights."`
	Samples int    `default:"1000" help:"Realisations each way."`
}

func (r rbmFlags) pose(*validateFlags) ([]*validate.System, error) {
	return one(validate.RBM(r.Visible, r.Hidden, r.Machine, r.Samples))
}

type quadraticFlags struct {
	Curvature []float64 `default:"1,2,5" placeholder:"L,..." help:"Curvature of each direction. (1,2,5)"`
	NoiseVar  []float64 `default:"1,1,2" placeholder:"C,..." help:"Variance of the gradient noise in each. (1,1,2)"`
	LR        float64   `name:"lr" default:"0.1" help:"Learning rate r."`
	Samples   int       `default:"1000" help:"States that are far apart, and length of each chain."`
}

func (q quadraticFlags) pose(*validateFlags) ([]*validate.System, error) {
	sgd := testsystems.QuadraticSGD{Curvature: q.Curvature, NoiseVar: q.NoiseVar, Rate: q.LR}
	return one(validate.Quadratic(sgd, q.Samples))
}

type miFlags struct {
	Task       string `default:"dense normal 1+1, rho 0.75" help:"Task, one of those above."`
	Samples    int    `default:"1000" help:"Pairs."`
	Neighbours int    `default:"3" help:"Neighbours k."`
}

// Help lists the tasks, one a line.
func (miFlags) Help() string { return "Tasks:\n\n    " + strings.Join(taskNames(), "\n    ") }

func (m miFlags) pose(*validateFlags) ([]*validate.System, error) {
	for _, task := range testsystems.MITasks() {
		if task.Name() == m.Task {
			return one(validate.MutualInformation(task, m.Samples, m.Neighbours))
		}
	}
	return nil, usagef("unknown --task %q: train validate mi --help lists them", m.Task)
}

func taskNames() []string {
	var names []string
	for _, task := range testsystems.MITasks() {
		names = append(names, task.Name())
	}
	return names
}

type beadsFlags struct {
	Beads     int     `default:"2" help:"Beads."`
	Stiffness float64 `default:"1" help:"Stiffness of the springs."`
	Friction  float64 `default:"1" help:"Friction."`
	Cold      float64 `default:"1" help:"Temperature of the first bead."`
	Hot       float64 `default:"10" help:"Temperature of the last bead."`
	DT        float64 `name:"dt" default:"0.01" help:"Time step."`
	Steps     int     `default:"500" help:"Time steps of a trajectory."`
	Samples   int     `default:"500" help:"Trajectories."`
}

func (b beadsFlags) pose(*validateFlags) ([]*validate.System, error) {
	chain := testsystems.BeadChain{Beads: b.Beads, Stiffness: b.Stiffness, Friction: b.Friction, Cold: b.Cold, Hot: b.Hot}
	return one(validate.Beads(chain, b.DT, b.Steps, b.Samples))
}
