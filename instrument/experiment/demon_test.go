package experiment

import (
	"math"
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The exact case of the demon is solved in process: wrong formulas are put in the place of what the program made of it.
func TestBrokenFormulasOfTheDemonFail(t *testing.T) {
	for what, spoil := range map[string]func(m *studied){
		"heat with the sign of what is dissipated": func(m *studied) {
			m.total.QIn, m.total.QOut = -m.total.QIn, -m.total.QOut
		},
		"work extracted without the free energy": func(m *studied) { m.total.DeltaF = 0 },
		"KL(p‖q) for KL(q‖p)":                    func(m *studied) { m.total.KLBefore = reversedInformation() },
		"what is left, KL(q‖p′), for what was bought": func(m *studied) {
			m.total.KLBefore = m.total.KLAfter
		},
		"entropy of the label for that of the softmax":          func(m *studied) { m.total.EntropyP = m.total.EntropyQ },
		"fields that constants in the scores leave as they are": func(m *studied) { m.after = m.before },
		"fields of the other sign": func(m *studied) {
			m.pair.Field[0], m.pair.Field[1] = m.pair.Field[1], m.pair.Field[0]
		},
		"fields that do not sum to 0": func(m *studied) {
			m.pair.Field[0] -= m.pair.Field[1]
			m.pair.Field[1] = 0
		},
		"a field that drives its label out":           func(m *studied) { m.response = -m.response },
		"an ensemble with the fields of other scores": func(m *studied) { require.NoError(t, m.check(m.before)) },
		"ln K for the entropy of the occupations": func(m *studied) {
			m.channel.Information = math.Log(4) - m.channel.Conditional
		},
		"entropy of the occupations alone": func(m *studied) { m.channel.Information = m.channel.Entropy },
		"information of the class in bits": func(m *studied) { m.class = m.class.Scale(1 / math.Ln2) },
	} {
		m, err := measureStudents()
		require.NoError(t, err)
		require.Equal(t, record.Holds, record.Worst(judgeStudents(m).Statements))
		spoil(m)
		assert.Equal(t, record.Fails, record.Worst(judgeStudents(m).Statements), "%s passes", what)
	}
}

// reversedInformation is the sum over all lessons of KL(p‖q).
func reversedInformation() (sum float64) {
	for _, s := range students {
		for range lessons {
			p := (1 + math.Tanh(s.u)) / 2
			sum += (p*math.Log(p/s.r) + (1-p)*math.Log((1-p)/(1-s.r))) / float64(len(students))
			s = s.next(lessonRate)
		}
	}
	return sum
}

// The closed forms of a student obey the two laws, whatever the step: no program has a part in it.
func TestStudentsObeyTheLaws(t *testing.T) {
	energy := func(s student) float64 { return -s.u * math.Tanh(s.u) }
	var gain float64
	for _, s := range students {
		last := s
		for range lessons {
			last = last.next(lessonRate)
		}
		gain += (energy(last) - energy(s)) / float64(len(students))
		assert.InDelta(t, s.loss(), s.bought()+binary(s.r), 1e-15)
		assert.Positive(t, s.bought())
		slope := (student{s.u + 1e-6, s.r}.loss() - student{s.u - 1e-6, s.r}.loss()) / 2e-6
		assert.InDelta(t, s.u-lessonRate*slope, s.next(lessonRate).u, 1e-9)
	}
	truth := lessonsInClosedForm()
	assert.InDelta(t, gain, truth.qIn+truth.work+truth.qOut, 1e-12, "first law")
	assert.Less(t, truth.extracted, truth.bought)
}

// Small networks obey what holds by definition, and labels without fields are fewer.
func TestDemonOfSmallNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("trains four networks")
	}
	e, err := Named("demon")
	require.NoError(t, err)
	runs := trained(t, e, "datasets=3", "subset=200", "test-size=100", "probe-size=100", "steps=40", "observations=3",
		"width=32", "representation=16", "head=16", "projection=8", "batch=32")
	o, err := e.Network.Judge(runs)
	require.NoError(t, err)
	assert.Len(t, o.Diagrams, 5)
	for _, s := range o.Statements {
		assert.True(t, s.Figure.Known(), s.Text)
		if s.Identity {
			assert.Equal(t, record.Holds, s.Verdict, s.Text)
		}
	}
	assert.Greater(t, runs[1].Last("occupation_entropy").Value, runs[3].Last("occupation_entropy").Value)
	assert.Zero(t, runs[3].Last(field(0)).Value)
}
