package experiment

import "math"

// student is a softmax of two labels with the logits u and −u, and the label (r, 1−r) that it is held against. With
// p_1 = (1 + tanh u)/2 and F = −ln(2 cosh u) all of its cycle is a closed form, whatever the step.
type student struct{ u, r float64 }

// lean is what a label says more of the first than of the second: <E> = −u lean under it.
func (s student) lean() float64 { return 2*s.r - 1 }

// loss is the cross-entropy of the label and the softmax, <E>_q − F.
func (s student) loss() float64 { return math.Log(2*math.Cosh(s.u)) - s.u*s.lean() }

// bought is KL(q‖p): the loss less the entropy of the label.
func (s student) bought() float64 { return s.loss() - binary(s.r) }

// entropy is that of the softmax.
func (s student) entropy() float64 { return math.Log(2*math.Cosh(s.u)) - s.u*math.Tanh(s.u) }

// next goes down the gradient of the loss, tanh u − lean.
func (s student) next(rate float64) student {
	s.u -= rate * (math.Tanh(s.u) - s.lean())
	return s
}

// binary is the entropy of (r, 1−r).
func binary(r float64) float64 { return -r*math.Log(r) - (1-r)*math.Log(1-r) }

// The class of students, and its lessons.
var students = []student{{u: 0.4, r: 0.9}, {u: -0.2, r: 0.15}, {u: 0.1, r: 0.8}, {u: -0.5, r: 0.05}}

const (
	lessons    = 20
	lessonRate = 0.8
)

// lessonTruth is the closed form of the cycles of all lessons: sums over them of means over the students.
type lessonTruth struct{ qIn, work, qOut, extracted, bought, entropy float64 }

func lessonsInClosedForm() (truth lessonTruth) {
	each := 1 / float64(len(students))
	for _, s := range students {
		first := s
		for range lessons {
			next := s.next(lessonRate)
			truth.qIn += each * s.u * (math.Tanh(s.u) - s.lean())
			truth.work -= each * (next.u - s.u) * s.lean()
			truth.qOut += each * next.u * (s.lean() - math.Tanh(next.u))
			truth.bought += each * s.bought()
			truth.entropy += each * s.entropy()
			s = next
		}
		truth.extracted += each * (first.loss() - s.loss()) // between the lessons the label is held
	}
	return truth
}
