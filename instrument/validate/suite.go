package validate

import (
	"context"

	"calorimeter/instrument/testsystems"
)

// Example is the worked example of the Gaussian model: one dimension, M-info 1.264, L-info 0.107, I(X;Theta) 0.117
// nats.
var Example = testsystems.GaussianPPM{
	Dim: 1, Sigma: 1, DataSigma: 1, InitVar: 0.01, Subset: 4, Rate: 0.1, Temperature: 0.02, Steps: 40,
}

// spiral is dependence folded finer than the distance between neighbours.
var spiral = testsystems.Transformed{
	Base: testsystems.SparseNormal{Dim: 3, Pairs: 2, Rho: 0.8}, X: testsystems.Spiral, Y: testsystems.Spiral,
}

// valley is that of SGD at rest.
var valley = testsystems.QuadraticSGD{Curvature: []float64{1, 2, 5}, NoiseVar: []float64{1, 1, 2}, Rate: 0.1}

// Suite returns the systems that every estimator is checked on, from good cases to those that an estimator must warn
// of. quick takes fewer and smaller ones. It panics if one of them is not valid, which the tests exclude.
func Suite(quick bool) []*System {
	samples, size := 4000, EnsembleSize{Datasets: 64, Replicas: 8, Chains: 16}
	tasks := testsystems.MITasks()
	if quick {
		samples, size = 1000, EnsembleSize{Datasets: 32, Replicas: 4, Chains: 8}
		tasks = []testsystems.MITask{
			testsystems.DenseNormal{Dim: 1, Rho: 0}, testsystems.DenseNormal{Dim: 1, Rho: 0.75},
			testsystems.DenseNormal{Dim: 3, Rho: 0.5}, testsystems.DenseNormal{Dim: 25, Rho: 0.5},
			testsystems.StudentT{Dim: 1, DOF: 1}, testsystems.StudentT{Dim: 3, DOF: 3},
			testsystems.UniformNoise{Epsilon: 0.75}, spiral,
		}
	}
	wide := Example
	wide.Dim, wide.Subset = 3, 10
	wide.Rate, wide.Temperature = 0.05, 0.01
	wide.Steps = 60
	suite := []*System{
		must(Gaussian(Example, size)),
		must(Gaussian(wide, size)),
		must(SimulatedGaussian(wide, size)),
		must(IndependentGaussian(wide, EnsembleSize{Datasets: 24, Replicas: 4, Chains: 8})),
		must(GaussianPairs(Example, samples, 3)),
		must(DifferentialEntropy("normal", 1, samples, 3)),
		must(DifferentialEntropy("normal", 3, samples, 3)),
		must(DifferentialEntropy("uniform", 5, samples, 3)),
		must(Oscillator(1, 2, samples)),
		must(Oscillator(1, 20, samples)),
		must(Trap(testsystems.DraggedTrap{Stiffness: 1, Friction: 1, Speed: 1, Duration: 5}, samples)),
		must(GaussianWork(testsystems.GaussianWork{Mean: 1, SD: 1}, samples)),
		must(GaussianWork(testsystems.GaussianWork{Mean: 18, SD: 6}, samples)),
		must(Langevin(LangevinTrap{Stiffness: 1, Ratio: 4, StepSize: 0.1, Steps: 50}, samples)),
		must(RBM(8, 4, 1, samples)),
		must(Quadratic(valley, samples)),
		must(Beads(testsystems.BeadChain{Beads: 2, Stiffness: 1, Friction: 1, Cold: 1, Hot: 10}, 0.01, 500, samples/4)),
		must(Beads(testsystems.BeadChain{Beads: 5, Stiffness: 1, Friction: 1, Cold: 1, Hot: 10}, 0.01, 500, samples/4)),
	}
	for _, task := range tasks {
		suite = append(suite, must(MutualInformation(task, samples, 3)))
	}
	return suite
}

// CalibrationSuite returns the systems that are simulated over and over to calibrate the intervals: those of [Suite]
// that need no network, at sizes of everyday use.
func CalibrationSuite(quick bool) []*System {
	wide := Example
	wide.Dim = 3
	suite := []*System{
		must(SimulatedGaussian(Example, EnsembleSize{Datasets: 16, Replicas: 3, Chains: 8})),
		must(SimulatedGaussian(wide, EnsembleSize{Datasets: 16, Replicas: 4, Chains: 8})),
		must(IndependentGaussian(wide, EnsembleSize{Datasets: 12, Replicas: 3, Chains: 4})),
		must(GaussianPairs(Example, 500, 3)),
		must(Oscillator(1, 2, 300)),
		must(Oscillator(1, 20, 300)),
		must(Trap(testsystems.DraggedTrap{Stiffness: 1, Friction: 1, Speed: 0.5, Duration: 5}, 300)),
		must(GaussianWork(testsystems.GaussianWork{Mean: 1, SD: 1}, 300)),
		must(GaussianWork(testsystems.GaussianWork{Mean: 18, SD: 6}, 300)),
		must(Langevin(LangevinTrap{Stiffness: 1, Ratio: 4, StepSize: 0.1, Steps: 50}, 300)),
		must(RBM(6, 3, 1, 300)),
		must(Quadratic(valley, 500)),
		must(Beads(testsystems.BeadChain{Beads: 2, Stiffness: 1, Friction: 1, Cold: 1, Hot: 10}, 0.01, 100, 100)),
	}
	tasks := []testsystems.MITask{
		testsystems.DenseNormal{Dim: 1, Rho: 0.75}, testsystems.UniformNoise{Epsilon: 0.75},
		testsystems.StudentT{Dim: 3, DOF: 3}, spiral,
	}
	dims := []int{1, 3}
	if !quick {
		tasks = append(testsystems.MITasks(), testsystems.DenseNormal{Dim: 3, Rho: 0})
		dims = []int{1, 2, 3, 5}
	}
	for _, d := range dims {
		for _, name := range Densities() {
			suite = append(suite, must(DifferentialEntropy(name, d, 500, 3)))
		}
	}
	for _, task := range tasks {
		n := 500
		if dim, _ := task.Dims(); dim > 10 {
			n = 300
		}
		suite = append(suite, must(MutualInformation(task, n, 3)))
	}
	return suite
}

// Run runs the systems one after the other. progress, if not nil, is told of each system before it starts.
func Run(
	ctx context.Context, systems []*System, seed uint64, workers int, progress func(done int, s *System),
) ([]Row, error) {
	var rows []Row
	for i, s := range systems {
		if progress != nil {
			progress(i, s)
		}
		more, err := s.Run(ctx, seed, workers)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func must(s *System, err error) *System {
	if err != nil {
		panic(err.Error())
	}
	return s
}
