package report

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// exampleCycles is the record of a run as self-supervised learning makes it: three replicas, 24 windows, K = 16 labels. Its curves are
// smooth formulas that obey the identities of a real record: the first law, W - dF = KL(q||p') - KL(q||p), and the sums.
func exampleCycles() (*Run, *Curves) {
	run, _ := exampleRun()
	run.Model, run.Datasets, run.Replicas, run.Chains, run.Steps = "swav", 1, 3, 0, 2400
	run.Reasons, run.Warnings = map[string]string{}, nil
	const labels = 16
	c := &Curves{Columns: CycleColumns(labels)}
	rng := rand.New(rand.NewPCG(1, 2))
	var fields [labels]float64
	for k := range fields {
		fields[k] = 1.4 * rng.NormFloat64()
	}
	slices.Sort(fields[:])
	sum := map[string]float64{}
	last := 0.0
	for i := range 25 {
		step := math.Round(math.Pow(2400, float64(i)/24))
		if i == 0 {
			step = 0
		} else if step <= last {
			step = last + 1
		}
		n := step - last
		learned := 1 - math.Exp(-math.Pow(step/300, 0.8))
		sp, sq := math.Log(16)-0.1-1.5*learned, math.Log(16)-0.9-1.5*learned
		kl := 1.6 - 1.1*learned
		extracted := 0.006*(1-learned) + 0.0009
		ep := -1.2 - 3*learned
		qIn := kl - (sp - sq)
		dF := -0.004 * (1 - learned)
		work := dF - extracted
		sp2 := sp - 0.002*(1-learned)
		qOut := sp2 - sq - (kl - extracted)
		row := map[string]float64{
			"step": step, "cycles": n, "replicas": 3,
			"energy_p": ep, "energy_q": ep + qIn, "energy_q2": ep + qIn + work, "energy_p2": ep + qIn + work + qOut,
			"entropy_p": sp, "entropy_q": sq, "entropy_p2": sp2, "q_in": qIn, "work": work, "q_out": qOut, "delta_f": dF,
			"kl_before": kl, "kl_after": kl - extracted, "tau_q": 0.5 - 0.2*learned, "tau_q2": 0.5 - 0.2*learned - 0.002,
			"extracted": extracted, "efficiency": extracted / kl, "sigma_measure": -kl, "sigma_thermalise": kl - extracted,
			"gge_residual": 3e-14, "marginal_error": 0.004, "occupation_entropy": math.Log(16) - 0.01,
		}
		for _, name := range []string{"q_in", "work", "q_out", "delta_f", "extracted", "kl_before"} {
			column := "sum_" + name
			if name == "kl_before" {
				column = "sum_bought"
			}
			sum[column] += row[name] * n
			row[column], row[column+"_se"] = sum[column], 0.01*math.Abs(sum[column])
		}
		if i == 0 {
			row = map[string]float64{"step": 0, "cycles": 0, "replicas": 3}
		}
		row["probe_random"], row["knn_random"], row["mi_ceiling"] = 0.78, 0.72, math.Log(10)
		row["probe"], row["probe_se"] = 0.78+0.13*learned, 0.004
		row["knn"], row["knn_se"] = 0.72+0.16*learned, 0.005
		row["mi"], row["mi_se"] = 0.4+1.3*learned, 0.03
		for k, f := range fields {
			row["lambda_"+strconv.Itoa(k)], row["lambda_"+strconv.Itoa(k)+"_se"] = f*learned, 0.1*learned
		}
		for _, name := range []string{"energy_p", "energy_q", "energy_q2", "energy_p2", "entropy_p", "entropy_q", "entropy_p2", "tau_q", "tau_q2", "kl_before", "kl_after", "q_in", "q_out"} {
			row[name+"_se"] = 0.03 * (1 + learned)
		}
		for _, name := range []string{"work", "delta_f", "extracted", "efficiency"} {
			row[name+"_se"] = 0.1 * math.Abs(row[name])
		}
		values := make([]float64, len(c.Columns))
		for j, name := range c.Columns {
			v, ok := row[name]
			if values[j] = v; !ok || i == 0 && slices.Contains([]string{"work_se", "extracted_se"}, name) {
				values[j] = math.NaN()
			}
		}
		c.Rows = append(c.Rows, values)
		last = step
	}
	return run, c
}
