package experiment

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/information"
	"calorimeter/instrument/record"
	"calorimeter/instrument/thermo"
	"calorimeter/model/ssl"

	"gonum.org/v1/gonum/floats"
)

// What self-labels are solved of: two samples of two labels with the scores (a, 0) and (b, 0), at the temperature eps;
// three labels to whose scores constants are added; and labels that go through a noisy channel.
const (
	pairA, pairB, pairEps = 1.5, 0.3, 0.5
	channelNoise          = 0.1
	classNoise            = 0.2
)

var (
	scores3      = []float64{0.9, -0.3, 0.1, 0.2, 0.4, -0.6, -0.5, 0.7, 0.3, 0.8, 0.6, -0.1}
	constants3   = []float64{0.6, -0.1, 0.2}
	symmetric3   = []float64{0.7, 0.1, -0.4, -0.4, 0.7, 0.1, 0.1, -0.4, 0.7}
	channelInput = []int{0, 0, 0, 0, 1, 1, 2, 3} // the label that each sample enters with, of four
)

// studied is what the program makes of the students and of the labels.
type studied struct {
	first, total thermo.Cycle // means over the students, of the first lesson and summed over all

	pair                       ssl.Balance
	pairLabels                 []float64
	response                   float64   // −dν/dλ of the pair
	before, after              []float64 // fields of three labels, and with constants added to their scores
	raised, labels             []float64 // these scores, and the labels that they give
	moved                      float64   // largest change of a label by the constants
	symmetric                  []float64 // fields of scores that are the same for all labels
	ensemble                   thermo.GGE
	channel, hard, indifferent thermo.Occupations
	class                      estimate.Estimate
}

// measureStudents teaches the students and makes the labels.
func measureStudents() (*studied, error) {
	m := &studied{}
	ledger := thermo.NewCycleLedger(2)
	class := slices.Clone(students)
	for range lessons {
		var energy, target, after []float64
		for i, s := range class {
			next := s.next(lessonRate)
			energy, after = append(energy, -s.u, s.u), append(after, -next.u, next.u)
			target = append(target, s.r, 1-s.r)
			class[i] = next
		}
		if err := ledger.Record(energy, target, after); err != nil {
			return nil, err
		}
		if m.first.Samples == 0 {
			m.first = ledger.Last
		}
	}
	m.total = ledger.Total
	if err := m.balance(); err != nil {
		return nil, err
	}
	m.class = (&information.Counts{Columns: 3, N: classCounts()}).Information().Corrected
	return m, m.occupy()
}

// balance balances labels.
func (m *studied) balance() (err error) {
	solve := func(scores []float64, labels int) (q []float64, b ssl.Balance) {
		q = make([]float64, len(scores))
		b, failed := ssl.Sinkhorn(q, scores, labels, pairEps, 10000)
		if failed != nil {
			err = failed
		}
		return q, b
	}
	m.pairLabels, m.pair = solve([]float64{pairA, 0, pairB, 0}, 2)
	plain, before := solve(scores3, 3)
	m.raised = slices.Clone(scores3)
	for i := range m.raised {
		m.raised[i] += constants3[i%3]
	}
	labels, after := solve(m.raised, 3)
	m.before, m.after = before.Field, after.Field
	m.labels = labels
	m.moved = floats.Distance(plain, labels, math.Inf(1))
	_, symmetric := solve(symmetric3, 3)
	m.symmetric = symmetric.Field
	if err == nil {
		m.response, err = responseOfPair()
	}
	if err != nil {
		return err
	}
	return m.check(m.after)
}

// responseOfPair is −dν/dλ at λ = 0, the mean over the pair, of a field λ on the first label and −λ on the second.
func responseOfPair() (slope float64, err error) {
	const small = 1e-4
	energies, labels := []float64{-pairA, 0, -pairB, 0}, []float64{1, 0, 1, 0}
	for _, by := range []float64{small, -small} {
		g, failed := thermo.CheckGGE(energies, labels, 2, pairEps, []float64{by, -by})
		if failed != nil {
			return 0, failed
		}
		slope -= floats.Sum(g.Nu) / (4 * by)
	}
	return slope, nil
}

// check holds the labels against the ensemble with these fields.
func (m *studied) check(fields []float64) (err error) {
	energies := floats.ScaleTo(make([]float64, len(m.raised)), -1, m.raised)
	m.ensemble, err = thermo.CheckGGE(energies, m.labels, 3, pairEps, fields)
	return err
}

// occupy counts the labels of a noisy channel, of labels that are sure, and of labels without a preference.
func (m *studied) occupy() error {
	for _, c := range []struct {
		to    *thermo.Occupations
		noise float64
		enter []int
	}{
		{&m.channel, channelNoise, channelInput}, {&m.hard, 0, []int{0, 1, 2, 3}}, {&m.indifferent, 0.75, channelInput},
	} {
		var q []float64
		for _, own := range c.enter {
			row := slices.Repeat([]float64{c.noise / 3}, 4)
			row[own] = 1 - c.noise
			q = append(q, row...)
		}
		o, err := thermo.Occupy(q, 4)
		if err != nil {
			return err
		}
		*c.to = o
	}
	return nil
}

// classCounts is how often three labels meet three classes: exactly as often as a symmetric channel has it.
func classCounts() []int {
	const pairs = 30000
	n := slices.Repeat([]int{pairs / 3 * classNoise / 2}, 9)
	for k := range 3 {
		n[4*k] = pairs / 3 * (1 - classNoise)
	}
	return n
}

// channelTruth is the information of the channel: the entropy of its output less that of its noise.
func channelTruth() (truth float64) {
	for _, share := range []float64{1. / 2, 1. / 4, 1. / 8, 1. / 8} {
		out := share*(1-channelNoise) + (1-share)*channelNoise/3
		truth -= out * math.Log(out)
	}
	return truth - binary(channelNoise) - channelNoise*math.Log(3)
}

// occupationsOfPair is what a field on the labels of the pair is conjugate to: how much more there is of the first than
// of the second, for each sample tanh of half the difference of its scores over eps.
func occupationsOfPair() float64 {
	return (math.Tanh(pairA/(2*pairEps)) + math.Tanh(pairB/(2*pairEps))) / 2
}

// judgeStudents holds what the program made of it against the closed forms.
func judgeStudents(m *studied) Outcome {
	truth := lessonsInClosedForm()
	extracted, bought := m.total.Extracted(), m.total.KLBefore
	sum := func(text string, measured, truth float64) record.Statement {
		return equals(text, "nats", estimate.Exact(measured), truth)
	}
	mean := floats.Sum(constants3) / 3
	return Outcome{
		Setup: fmt.Sprintf("%d softmaxes of two labels in %d steps, and labels of few samples", len(students), lessons),
		Statements: []record.Statement{
			sum("Q in, at the measurement", m.total.QIn, truth.qIn),
			sum("W", m.total.Work, truth.work),
			sum("Q out, at thermalisation", m.total.QOut, truth.qOut),
			sum("work extracted, −(W − ΔF)", extracted, truth.extracted),
			sum("information bought, KL(q‖p)", bought, truth.bought),
			equals("efficiency η", "1", estimate.Exact(extracted/bought), truth.extracted/truth.bought),
			sum("entropy of the softmax, summed", m.total.EntropyP, truth.entropy),
			equals("λ of the first of two labels", "1", iterated(m.pair.Field[0]), -(pairA+pairB)/(4*pairEps)),
			equals("q of it for the first of two samples", "1", iterated(m.pairLabels[0]),
				1/(1+math.Exp(-(pairA-pairB)/(2*pairEps)))),
			equals("−dν/dλ of two labels without balance", "1", iterated(m.response), occupationsOfPair()),
			equals("change of λ by constants added to the scores of labels", "1", iterated(m.after[0]-m.before[0]),
				-(constants3[0]-mean)/pairEps),
			within("change of q by them", "1", estimate.Exact(m.moved), 0, 1e-6),
			equals("exp of the largest λ of scores alike for all labels", "1", iterated(math.Exp(slices.Max(m.symmetric))), 1),
			identity(within("ln q + E/ε − λ − ν, largest", "1", estimate.Exact(m.ensemble.Residual), 0, 1e-9)),
			sum("I(sample; label) of a noisy channel", m.channel.Information, channelTruth()),
			sum("I(sample; label) of sure labels, used alike", m.hard.Information, math.Log(4)),
			within("I(sample; label) of labels of no preference", "nats", estimate.Exact(m.indifferent.Information), 0, 1e-9),
			equals("I(label; class) of counts", "nats", m.class, math.Log(3)-binary(classNoise)-classNoise*math.Ln2),
		},
		Diagrams: []record.Diagram{strokesOfStudents(m.first)},
		Answer:   fmt.Sprintf("of two-label softmaxes all of it is the closed form, with η = %.3g", extracted/bought),
	}
}

// iterated is a number that an iteration found, to some 1e-8.
func iterated(v float64) estimate.Estimate {
	const se = 1e-8
	return estimate.Estimate{Value: v, SE: se, Lo: v - 2*se, Hi: v + 2*se, Confidence: estimate.Confidence}
}
