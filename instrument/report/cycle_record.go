package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"calorimeter/instrument/estimate"
)

// CyclesFile records training steps of a softmax as thermodynamic cycles, in runs that have them: one row a window of steps,
// with the columns of [CycleQuantities]. It is a table of [Curves], written and read as curves.csv is.
const CyclesFile = "cycles.csv"

const salazar = "defined here, after Salazar 2021, arXiv:2106.08981"

var cycleQuantities = []Quantity{
	{"step", "training step", "t", "steps", "steps taken at the end of the window", ""},
	{"cycles", "cycles", "", "", "steps averaged over in the window", ""},
	{"replicas", "replicas", "R", "", "independent runs averaged over; errors are over these", ""},
	{"energy_p", "energy of the softmax", "<E>_p", "nats", "mean of E_k = -logit_k/tau under p = softmax(-E), before the step", salazar},
	{"energy_q", "energy of the target", "<E>_q", "nats", "mean of E_k under the target q, before the step", salazar},
	{"energy_q2", "energy of the target after the step", "<E'>_q", "nats", "mean of E'_k under the same q, after the step", salazar},
	{"energy_p2", "energy of the softmax after the step", "<E'>_p'", "nats", "mean of E'_k under p' = softmax(-E')", salazar},
	{"entropy_p", "entropy of the softmax", "S(p)", "nats", "-sum_k p_k ln p_k, before the step", salazar},
	{"entropy_q", "entropy of the target", "S(q)", "nats", "-sum_k q_k ln q_k", salazar},
	{"entropy_p2", "entropy of the softmax after the step", "S(p')", "nats", "-sum_k p'_k ln p'_k", salazar},
	{"q_in", "heat in", "Q_in", "nats", "<E>_q - <E>_p: heat absorbed with the measurement", salazar},
	{"work", "work", "W", "nats", "<E'>_q - <E>_q: work done on the system by the step", salazar},
	{"q_out", "heat out", "Q_out", "nats", "<E'>_p' - <E'>_q: heat absorbed in thermalisation, negative where it is given off", salazar},
	{"delta_f", "free energy difference", "ΔF", "nats", "change of F = -ln sum_k exp(-E_k)", salazar},
	{"kl_before", "information bought", "KL(q||p)", "nats", "nonequilibrium free energy that the measurement created", salazar},
	{"kl_after", "information left", "KL(q||p')", "nats", "what is left of it after the step, dissipated in thermalisation", salazar},
	{"tau_q", "temperature of the target", "τ(q)", "1", "temperature at which the energies E have the entropy S(q); 1 for p", "defined here"},
	{"tau_q2", "temperature of the target after the step", "τ'(q)", "1", "the same among the energies E'", "defined here"},
	{"extracted", "work extracted", "ΔF - W", "nats", "beyond the free energy: the decrease of the loss on the batch", salazar},
	{"efficiency", "efficiency", "η", "1", "(ΔF - W)/KL(q||p), at most 1 for q held", salazar},
	{"sigma_measure", "entropy production, measurement", "Σ_1", "nats", "S(q) - S(p) - Q_in = -KL(q||p): paid for by the demon", salazar},
	{"sigma_thermalise", "entropy production, thermalisation", "Σ_3", "nats", "S(p') - S(q) - Q_out = KL(q||p')", salazar},
	{"sum_q_in", "heat in, cumulated", "", "nats", "over all steps so far", salazar},
	{"sum_work", "work, cumulated", "", "nats", "over all steps so far", salazar},
	{"sum_q_out", "heat out, cumulated", "", "nats", "over all steps so far", salazar},
	{"sum_delta_f", "free energy, cumulated", "", "nats", "over all steps so far", salazar},
	{"sum_extracted", "work extracted, cumulated", "", "nats", "over all steps so far", salazar},
	{"sum_bought", "information bought, cumulated", "", "nats", "KL(q||p) over all steps so far", salazar},
	{"gge_residual", "residual of the generalized Gibbs ensemble", "", "1", "largest |ln q_ik + E_ik/eps - lambda_k - nu_i|", salazar},
	{"marginal_error", "imbalance of the labels", "", "1", "largest |K occupation_k - 1|", "Cuturi 2013, arXiv:1306.0895"},
	{"occupation_entropy", "entropy of the occupations", "S(o)", "nats", "of the mean of the self-labels over samples; ln K if all labels are used alike", ""},
	{"probe", "linear probe", "", "1", "test accuracy of a linear classifier on the frozen representation; its error holds that of replicas and that of the test images", ""},
	{"probe_random", "linear probe, random encoder", "", "1", "the same of the encoder before training", ""},
	{"probe_gain", "gain of the linear probe", "", "1", "probe - probe_random, replica by replica", ""},
	{"knn", "nearest neighbours", "", "1", "test accuracy of nearest neighbours in the frozen representation", ""},
	{"knn_random", "nearest neighbours, random encoder", "", "1", "the same of the encoder before training", ""},
	{"mi", "information of the self-label", "I(label;class)", "nats", "mutual information of self-label and true class, from counts, corrected for bias", "Miller 1955; Chao 1984"},
	{"mi_ceiling", "its ceiling", "", "nats", "the logarithm of the number of classes, or of labels where they are fewer", ""},
	{"collapsed", "collapsed replicas", "", "1", "share of the replicas whose labels have collapsed to few, or tell nothing of their sample", ""},
}

// CycleQuantities returns the meaning of the columns of cycles.csv, in their order. All but step, cycles, replicas and
// the random encoder's are means over the window and the replicas; each column NAME may have a column NAME_se, its
// standard error over replicas. The fields lambda of the generalized Gibbs ensemble at the end of the window follow as
// columns lambda_0, lambda_1 and so on ([CycleColumns]), sorted in each replica from the lowest up before they are
// averaged: labels of different replicas have nothing in common. Columns may be missing, others may be added, and a
// number that is not known is an empty field.
func CycleQuantities() []Quantity { return slices.Clone(cycleQuantities) }

// CycleColumns returns the names of the columns of cycles.csv in their order, with the given number of fields lambda_k:
// those of [CycleQuantities], the fields, and the standard errors.
func CycleColumns(fields int) []string {
	var names []string
	for _, q := range cycleQuantities {
		names = append(names, q.Column)
	}
	for k := range fields {
		names = append(names, "lambda_"+strconv.Itoa(k))
	}
	for _, name := range names[3:] {
		switch name {
		case "probe_random", "knn_random", "mi_ceiling", "collapsed":
		default:
			names = append(names, name+"_se")
		}
	}
	return names
}

// lambdaColumns returns the columns of the fields that the curves have.
func lambdaColumns(c *Curves) []string {
	var names []string
	for k := 0; slices.Contains(c.Columns, "lambda_"+strconv.Itoa(k)); k++ {
		names = append(names, "lambda_"+strconv.Itoa(k))
	}
	return names
}

// cycleReplicas returns the number of replicas behind the errors, the fewest of all rows; 1 where it is not recorded.
func cycleReplicas(c *Curves) int {
	least := 0
	for _, r := range c.Column("replicas") {
		if finite(r) && (least == 0 || int(r) < least) {
			least = int(r)
		}
	}
	return max(1, least)
}

// cycleT returns the factor from a standard error to the half-width of the 95 % interval; NaN for one replica.
func cycleT(c *Curves) float64 { return estimate.TQuantile(float64(cycleReplicas(c) - 1)) }

// SaveCycles writes cycles.csv into the folder dir, which must exist.
func SaveCycles(dir string, cycles *Curves) error {
	return WriteAtomic(filepath.Join(dir, CyclesFile), cycles.WriteCSV)
}

// HasCycles reports whether the run folder dir holds cycles.
func HasCycles(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, CyclesFile))
	return err == nil
}

// LoadCycles reads run.json and cycles.csv of the run folder dir, as [Load] does run.json and curves.csv.
func LoadCycles(dir string) (*Run, *Curves, error) {
	run, err := loadRun(dir)
	if err != nil {
		return nil, nil, err
	}
	path := filepath.Join(dir, CyclesFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if run.Status != Done {
			return run, &Curves{Columns: []string{"step"}}, nil
		}
		return nil, nil, fmt.Errorf("report: %s holds no %s: only runs of self-supervised learning record cycles", dir, CyclesFile)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("report: %w", err)
	}
	defer f.Close()
	cycles, err := ReadCSV(f, path)
	return run, cycles, err
}

// hasErrors reports whether any standard error was recorded and counts.
func hasErrors(c *Curves) bool {
	return cycleReplicas(c) > 1 && slices.ContainsFunc(c.Columns, func(name string) bool { return strings.HasSuffix(name, "_se") && c.Known(name) })
}
