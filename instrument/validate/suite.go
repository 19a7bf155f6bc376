package validate

import "calorimeter/instrument/testsystems"

// Example is the worked example of the Gaussian model: one dimension, M-info 1.264, L-info 0.107, I(X;Theta) 0.117
// nats.
var Example = Training{
	Dim: 1, Sigma: 1, DataSigma: 1, InitVar: 0.01, Subset: 4, Rate: 0.1, Temperature: 0.02, Steps: 40,
}

// spiral is dependence folded finer than the distance between neighbours.
var spiral = testsystems.Transformed{
	Base: testsystems.SparseNormal{Dim: 3, Pairs: 2, Rho: 0.8}, X: testsystems.Spiral, Y: testsystems.Spiral,
}

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
	suite := []Poser{
		Gaussian{Example, size},
		Gaussian{wide, size},
		SimulatedGaussian{wide, size},
		IndependentGaussian{Dim: 3, Sigma: 1, InitVar: 0.01, Subset: 10, Rate: 0.05, Temperature: 0.01, Steps: 60,
			Datasets: 24, Replicas: 4, Chains: 8},
		examples(3, 10, 8.9), examples(30, 10, 8.9), examples(300, 50, 1), examples(300, 50, 8.9), examples(1000, 100, 8.9),
		examples(30, 20, 0),
		TwoValues{Flip: 0, Datasets: 8, Replicas: 3, Ghosts: 200},
		TwoValues{Flip: 0.1, Datasets: 64, Replicas: 3, Ghosts: 200},
		GaussianPairs{Training: Example, Samples: samples, Neighbours: 3},
		DifferentialEntropy{Density: "normal", Dim: 1, Samples: samples, Neighbours: 3},
		DifferentialEntropy{Density: "normal", Dim: 3, Samples: samples, Neighbours: 3},
		DifferentialEntropy{Density: "uniform", Dim: 5, Samples: samples, Neighbours: 3},
		Oscillator{Stiffness: 1, Ratio: 2, Samples: samples},
		Oscillator{Stiffness: 1, Ratio: 20, Samples: samples},
		Trap{Stiffness: 1, Friction: 1, Speed: 1, Duration: 5, Samples: samples},
		GaussianWork{Mean: 1, SD: 1, Samples: samples},
		GaussianWork{Mean: 18, SD: 6, Samples: samples},
		Langevin{Stiffness: 1, Ratio: 4, StepSize: 0.1, Steps: 50, Samples: samples},
		RBM{Visible: 8, Hidden: 4, Machine: 1, Samples: samples},
		Quadratic{Curvature: []float64{1, 2, 5}, NoiseVar: []float64{1, 1, 2}, Rate: 0.1, Samples: samples},
		Beads{Beads: 2, Stiffness: 1, Friction: 1, Cold: 1, Hot: 10, DT: 0.01, Steps: 500, Samples: samples / 4},
		Beads{Beads: 5, Stiffness: 1, Friction: 1, Cold: 1, Hot: 10, DT: 0.01, Steps: 500, Samples: samples / 4},
	}
	for _, task := range tasks {
		suite = append(suite, MutualInformation{Task: Task{task}, Samples: samples, Neighbours: 3})
	}
	return pose(suite...)
}

// CalibrationSuite returns the systems that are simulated over and over to calibrate the intervals: those of [Suite]
// that need no network, at sizes of everyday use.
func CalibrationSuite(quick bool) []*System {
	wide := Example
	wide.Dim = 3
	suite := []Poser{
		SimulatedGaussian{Example, EnsembleSize{Datasets: 4, Replicas: 3, Chains: 32}},
		SimulatedGaussian{Example, EnsembleSize{Datasets: 8, Replicas: 3, Chains: 32}},
		SimulatedGaussian{Example, EnsembleSize{Datasets: 16, Replicas: 3, Chains: 32}},
		SimulatedGaussian{wide, EnsembleSize{Datasets: 16, Replicas: 4, Chains: 8}},
		IndependentGaussian{Dim: 3, Sigma: 1, InitVar: 0.01, Subset: 4, Rate: 0.1, Temperature: 0.02, Steps: 40,
			Datasets: 12, Replicas: 3, Chains: 4},
		examples(30, 10, 8.9), examples(30, 20, 0),
		TwoValues{Flip: 0, Datasets: 8, Replicas: 3, Ghosts: 200},
		TwoValues{Flip: 0.1, Datasets: 64, Replicas: 3, Ghosts: 200},
		GaussianPairs{Training: Example, Samples: 500, Neighbours: 3},
		Oscillator{Stiffness: 1, Ratio: 2, Samples: 300},
		Oscillator{Stiffness: 1, Ratio: 20, Samples: 300},
		Oscillator{Stiffness: 3, Ratio: 0.3, Samples: 400},
		Trap{Stiffness: 1, Friction: 1, Speed: 0.5, Duration: 5, Samples: 300},
		GaussianWork{Mean: 1, SD: 1, Samples: 300},
		GaussianWork{Mean: 18, SD: 6, Samples: 300},
		Langevin{Stiffness: 1, Ratio: 4, StepSize: 0.1, Steps: 50, Samples: 300},
		RBM{Visible: 6, Hidden: 3, Machine: 1, Samples: 300},
		Quadratic{Curvature: []float64{1, 2, 5}, NoiseVar: []float64{1, 1, 2}, Rate: 0.1, Samples: 500},
		Beads{Beads: 2, Stiffness: 1, Friction: 1, Cold: 1, Hot: 10, DT: 0.01, Steps: 100, Samples: 100},
	}
	tasks := []testsystems.MITask{
		testsystems.DenseNormal{Dim: 1, Rho: 0.75}, testsystems.UniformNoise{Epsilon: 0.75},
		testsystems.StudentT{Dim: 3, DOF: 3}, spiral,
	}
	dims := []int{1, 3}
	if !quick {
		suite = append(suite,
			examples(3, 10, 8.9), examples(300, 50, 0.2), examples(300, 50, 1), examples(300, 50, 8.9), examples(1000, 100, 8.9))
		tasks = append(testsystems.MITasks(), testsystems.DenseNormal{Dim: 3, Rho: 0})
		dims = []int{1, 2, 3, 5}
	}
	for _, d := range dims {
		for _, name := range Densities() {
			suite = append(suite, DifferentialEntropy{Density: name, Dim: d, Samples: 500, Neighbours: 3})
		}
	}
	for _, task := range tasks {
		n := 500
		if dim, _ := task.Dims(); dim > 10 {
			n = 300
		}
		suite = append(suite, MutualInformation{Task: Task{task}, Samples: n, Neighbours: 3})
	}
	return pose(suite...)
}

// examples are ensembles of 8 training sets, as people run them.
func examples(dim, subset int, ratio float64) Examples {
	return Examples{Dim: dim, Subset: subset, Ratio: ratio, Datasets: 8, Replicas: 3, Ghosts: 1000, Reach: 0.75}
}

// pose poses systems whose parameters make sense.
func pose(all ...Poser) []*System {
	systems := make([]*System, len(all))
	for i, p := range all {
		s, err := p.Pose()
		if err != nil {
			panic(err.Error())
		}
		systems[i] = s
	}
	return systems
}
