package testsystems_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/testsystems"
)

// Train an ensemble of Gaussian models, estimate the lower bound E[own - mix(own)] on I(X;Theta) by hand from the
// cross log-likelihood, and compare it with the truth.
func ExampleGaussianPPM() {
	g := testsystems.GaussianPPM{
		Dim: 1, Sigma: 1, DataSigma: 1, InitVar: 0.01, Subset: 4, Rate: 0.1, Temperature: 0.02, Steps: 40,
	}
	if err := g.Validate(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("M-info %.6f, L-info %.6f, I(X;Theta) %.6f\n", g.MInfo(40), g.LInfo(40), g.XInfo(40))

	e := g.Simulate(100, 1, 50, rand.New(rand.NewPCG(1, 0)))
	l := e.CrossLogLikelihood()
	var bound float64
	for s := range l {
		for k := range l[s][s] {
			var mix float64
			for r := range l {
				mix += math.Exp(l[r][s][k]) / 100
			}
			bound += (l[s][s][k] - math.Log(mix)) / (100 * 50)
		}
	}
	fmt.Printf("within 0.03 of the truth: %v\n", math.Abs(bound-g.XInfo(40)) < 0.03)
	// Output:
	// M-info 1.263978, L-info 0.106612, I(X;Theta) 0.117028
	// within 0.03 of the truth: true
}

// Where the books of training stand at a few observed steps: the work done on the samples, and what they know.
func ExampleGaussianPPM_CumulativeWork() {
	g := testsystems.GaussianPPM{Dim: 10, Sigma: 1, DataSigma: 1, Subset: 4, Rate: 0.1, Temperature: 0.02, Steps: 100}
	observed := []int{0, 10, 100}
	for n, w := range g.CumulativeWork(observed) {
		t := observed[n]
		fmt.Printf("step %3d: work %.3f, L-info %.3f, M-info %.3f, gap %.3f\n",
			t, w, g.LInfo(t), g.MInfo(t), g.GeneralizationGap(t))
	}
	// Output:
	// step   0: work 0.000, L-info 0.000, M-info 0.000, gap 0.000
	// step  10: work 0.623, L-info 0.495, M-info 9.536, gap 1.628
	// step 100: work 0.972, L-info 1.095, M-info 12.776, gap 2.500
}

func ExampleMITasks() {
	for _, task := range testsystems.MITasks()[:3] {
		x, y := task.Sample(100, rand.New(rand.NewPCG(3, 0)))
		fmt.Printf("%s: %d pairs of %d+%d, I = %.6f\n", task.Name(), len(x), len(x[0]), len(y[0]), task.MI())
	}
	// Output:
	// dense normal 1+1, rho 0: 100 pairs of 1+1, I = 0.000000
	// dense normal 1+1, rho 0.75: 100 pairs of 1+1, I = 0.413339
	// dense normal 2+2, rho 0.5: 100 pairs of 2+2, I = 0.293893
}

// Entropy production from a trajectory: the log-probability of each step less that of the step taken back.
func ExampleBeadChain() {
	b := testsystems.BeadChain{Beads: 2, Stiffness: 1, Friction: 1, Cold: 1, Hot: 10}
	const dt, steps = 0.01, 200000
	path, err := b.Trajectory(steps, dt, rand.New(rand.NewPCG(4, 0)))
	if err != nil {
		fmt.Println(err)
		return
	}
	var sigma float64
	for i := range steps {
		sigma += (b.LogTransition(path[i], path[i+1], dt) - b.LogTransition(path[i+1], path[i], dt)) / (steps * dt)
	}
	fmt.Printf("exact %.3f, of the scheme %.3f, estimate %.2f\n",
		b.EntropyProductionRate(), b.DiscreteEntropyProductionRate(dt), sigma)
	// Output:
	// exact 2.025, of the scheme 2.040, estimate 2.08
}

func ExampleRBM() {
	rbm := testsystems.RBM{
		VisibleBias: []float64{0.5, -1, 0}, HiddenBias: []float64{1, 0}, Weights: []float64{1, 0, 0, -2, 0.5, 0},
	}
	entropy, err := rbm.Entropy()
	fmt.Printf("ln Z %.6f, S(V) %.6f, %v\n", rbm.LogZ(), entropy, err)
	// Output:
	// ln Z 4.684239, S(V) 1.637752, <nil>
}

func ExampleQuadraticSGD() {
	q := testsystems.QuadraticSGD{Curvature: []float64{1, 5}, NoiseVar: []float64{1, 1}, Rate: 0.1}
	fmt.Printf("variance %.4f, S(Theta) %.4f\n", q.StationaryVariance(), q.Entropy())
	// Output:
	// variance [0.0526 0.0133], S(Theta) -0.7931
}
