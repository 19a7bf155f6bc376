package instrument

// Loss returns the quantity that reads the cost node: the loss at theta_n on the batch of the step.
//
// Unit: that of the cost node, nats a sample where it is a mean negative log-likelihood. Cost: nothing.
func Loss() Quantity { return loss{} }

type loss struct{}

func (loss) Info() Info {
	return Info{
		Name: "loss", Symbol: "L", Unit: "cost",
		Doc:  "value of the cost node at theta_n on the batch of this step",
		Cost: "O(1)",
	}
}

func (loss) Measure(s *Step) (Reading, error) { return s.Loss(), nil }
