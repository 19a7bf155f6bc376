package report

import (
	"math"
	"slices"
	"time"
)

// exampleRun is the record of an ensemble as the main job makes it: 8 training sets, 3 replicas, a normalised model
// at temperature 0. Its curves are smooth formulas that obey the identities a real record obeys: work + heat = change
// of S(X|Theta), entropy production = work, and L-info bounds under and over M-info's ceiling ln 8.
func exampleRun() (*Run, *Curves) {
	run := &Run{
		Program: "train", Version: "v0.1.0 (07797aa)",
		Command: []string{"train", "--seed", "1", "--out", "runs/made"},
		Config: Settings{{"model", "made"}, {"data", "mnist-sample"}, {"width", "128"}, {"subset", "500"}, {"datasets", "8"},
			{"replicas", "3"}, {"steps", "1200"}, {"lr", "0.02"}, {"temperature", "0"}, {"init", "shared"}},
		Seed: 1, Model: "made", Data: "mnist-sample",
		Datasets: 8, Replicas: 3, Chains: 32, Subset: 500, Steps: 1200,
		Weights: 50500, FreeWeights: 25412,
		Started:  time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC),
		Finished: time.Date(2024, 5, 1, 12, 0, 41, 0, time.UTC),
		Seconds:  41.3, Status: Done,
		Machine: Machine{OS: "linux", Arch: "amd64", CPUs: 2, Workers: 2, Go: "go1.26", BLAS: "gonum"},
		Modules: map[string]string{"gorgonia.org/gorgonia": "v0.9.18", "gonum.org/v1/gonum": "v0.17.0"},
		Books: []Check{
			{"first law", Pass, "largest |dphi - w - q| = 2.8e-14 nats over 768 chains", "The change of energy of every chain is its work plus its heat."},
			{"fluctuation average", CannotTell, "<exp(dF - w)> = 0.94 ±0.11, effective sample size 31 of 768", "Too few chains carry the average: observe more often, or raise --chains."},
			{"L-info under M-info", Pass, "1.98 ±0.02 nats <= 2.08 nats", ""},
		},
		Reasons: map[string]string{
			"x_info_lo": "not estimated in this example", "x_info_hi": "not estimated in this example",
		},
		Warnings: []string{
			"m_info: 8 training sets leave 3 dimensions to project to; the true M-info is larger.",
			"l_info_lo: within 10 % of its ceiling ln 8 from step 500 on: saturated.",
		},
		Notes: []string{"Chains start in equilibrium at the initial weights."},
	}
	steps := []float64{0, 1, 2, 3, 4, 6, 8, 10, 13, 18, 24, 32, 42, 56, 75, 100, 134, 178, 238, 317, 423, 564, 752, 1000, 1200}
	c := &Curves{Columns: PinnedColumns()}
	ceiling := math.Log(8)
	for i, t := range steps {
		learned := 1 - math.Exp(-math.Pow(t/60, 0.6))
		fit := learned * (1 + 0.12*math.Log1p(t/400))
		over := math.Pow(t/1200, 1.3)
		train := 135.5 - 80*fit - 3*over
		test := 135.5 - 79*learned*(1+0.02*math.Log1p(t/200)) + 4.5*over
		sx := 135.2 - 82*fit - 1.5*over
		work := 20 * (1 - math.Exp(-math.Pow(t/90, 0.7)))
		heat := sx - 135.2 - work
		memory := 1 - math.Exp(-t/1.5)
		row := map[string]float64{
			"step": t, "train_nll": train, "test_nll": test, "work": work, "heat": heat, "entropy_production": work,
			"s_x_given_theta": sx, "s_theta": -190 + 21*math.Log(t+0.2),
			"l_info_lo": 1.98 * (1 - math.Exp(-math.Pow(t/250, 1.2))), "l_info_hi": 14.2 * math.Pow(t/1200, 0.9),
			"m_info": 5.2 * memory * (1 + 0.08*math.Log1p(t)), "m_info_d_lo": ceiling * (1 - math.Exp(-t/1.1)), "m_info_d_hi": ceiling * (1 - math.Exp(-t/0.7)),
			"m_info_noise": math.Inf(1), "delta_f": 0, "ift": 0.94 - 0.02*math.Sin(t), "ift_se": 0.11,
			"train_nll_se": 0.35 * learned, "test_nll_se": 0.25*learned + 0.05, "work_se": 0.03 * work, "heat_se": 0.4 * learned,
			"entropy_production_se": 0.03 * work, "s_x_given_theta_se": 0.5*learned + 0.05, "s_theta_se": 2.0,
			"l_info_lo_se": 0.04 * learned, "l_info_hi_se": 0.8 * math.Pow(t/1200, 0.9), "delta_f_se": 0,
		}
		row["m_info_lo"], row["m_info_hi"] = 0.7*row["m_info"], 1.35*row["m_info"]
		if i == 0 {
			for _, name := range []string{"s_theta", "s_theta_se", "m_info", "m_info_lo", "m_info_hi", "m_info_noise", "ift", "ift_se"} {
				row[name] = math.NaN()
			}
		}
		values := make([]float64, len(c.Columns))
		for j, name := range c.Columns {
			v, ok := row[name]
			if values[j] = v; !ok {
				values[j] = math.NaN()
			}
		}
		c.Rows = append(c.Rows, values)
	}
	return run, c
}

// blank makes columns of c unknown.
func blank(c *Curves, columns ...string) {
	for _, name := range columns {
		j := slices.Index(c.Columns, name)
		for i := range c.Rows {
			c.Rows[i][j] = math.NaN()
		}
	}
}

// exampleLayers are the entropies of two parameters of the example.
func exampleLayers(run *Run) *Curves {
	run.Parameters = []Parameter{{"hidden weights", 25000}, {"biases", 412}}
	c := NewLayers(run.Parameters)
	for i, t := range []float64{0, 1, 10, 100, 1000} {
		row := []float64{t, -90 + 20*math.Log(t+1), -5 + math.Log(t+1), 2, 0.5}
		if i == 0 {
			row[1], row[2] = math.NaN(), math.NaN()
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}
