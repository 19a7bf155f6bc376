package ensemble

import (
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
)

var _ = declare(quantity{Info: record.Info{
	Name: "m_info_labels", Title: "label code, lower bound of M-info", Symbol: "label code", Unit: "nats",
	Panel: weightInformationPanel, Rank: 9,
	Doc: "I(Θ;B) >= N (H(Y) - E[training loss]): by how much the weights shorten a code of the training labels, which " +
		"nothing but memory can where labels tell nothing of their inputs; at most N H(Y)",
	Assumption: "labels drawn independently of the inputs and of each other",
	Ref:        "Zhang et al. 2017, arXiv:1611.03530, whose labels these are; the code is Shannon's",
}, only: randomLabels, ceiling: labelBits, of: ofRow(labelCode)})

func randomLabels(r Roles) bool { return r.LabelEntropy > 0 }

// labelBits is what there is to know of all labels, in nats.
func labelBits(d design) float64 { return float64(d.examples) * d.roles.LabelEntropy }

// labelCode is what the training labels take to write down without the weights, less what they take with them: p(y|u,
// theta) is a code of the label y of input u. For labels that do not depend on the inputs U,
//
//	I(Theta;B) >= I(Theta;Y_1..Y_N|U) >= sum_i I(Theta;Y_i|U) >= N ( H(Y) - E[ -ln p(y_i|u_i, theta) ] ).
func labelCode(r *Row) estimate.Estimate {
	saved := make([]float64, len(r.TrainLosses))
	for s, loss := range r.TrainLosses {
		saved[s] = float64(r.Examples) * (r.Roles.LabelEntropy - loss)
	}
	return overSets(saved, r)
}

// codeIsHeld holds M-info's lower bound against what the label code shows that the weights hold.
func codeIsHeld(rows []*Row) record.Check {
	return leavesRoom(rows, labelCode, record.Check{
		Name: "label code <= M-info", Columns: []string{"m_info_labels", "m_info"},
		Detail: "the lower end of what the weights spare a code of random labels against M-info's lower bound, which must " +
			"hold that much where it is tight",
	})
}
