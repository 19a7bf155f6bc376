package experiment

import (
	"testing"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVerdicts(t *testing.T) {
	const many = 1e6
	sharp := estimate.FromSE(1, 0.05, many)
	blunt := estimate.FromSE(1, 0.3, many)
	unknown := estimate.Unknown("too few")
	range2 := estimate.Estimate{Value: 1, Lo: 0.8, Hi: 1.3}
	for _, c := range []struct {
		what string
		s    record.Statement
		want record.Verdict
	}{
		{"the truth", equals("", "", sharp, 1.1), record.Holds},
		{"half the truth", equals("", "", sharp, 2), record.Fails},
		{"twice the truth", equals("", "", sharp, 0.5), record.Fails},
		{"the sign", equals("", "", sharp, -1), record.Fails},
		{"an error that lets half pass", equals("", "", blunt, 1), record.CannotTell},
		{"nothing", equals("", "", unknown, 1), record.CannotTell},
		{"an exact number", equals("", "", estimate.Exact(1), 1), record.Holds},
		{"a wrong exact number", equals("", "", estimate.Exact(1), 1.001), record.Fails},
		{"bounds", brackets("", "", sharp, estimate.FromSE(1.4, 0.05, many), 1.2), record.Holds},
		{"bounds in the wrong order", brackets("", "", sharp, estimate.FromSE(1.4, 0.05, many), 0.7), record.Fails},
		{"loose bounds", brackets("", "", estimate.FromSE(0.1, 0.05, many), sharp, 0.9), record.CannotTell},
		{"no upper bound", brackets("", "", sharp, unknown, 1), record.CannotTell},
		{"covered", covers("", "", range2, 1), record.Holds},
		{"not covered", covers("", "", range2, 2), record.Fails},
		{"covered by too much", covers("", "", estimate.Estimate{Value: 1, Lo: 0.4, Hi: 1.3}, 1), record.CannotTell},
		{"above", atLeast("", "", sharp, 0.5), record.Holds},
		{"below", atLeast("", "", sharp, 1.5), record.Fails},
		{"perhaps above", atLeast("", "", sharp, 1), record.CannotTell},
		{"not known to be above", atLeast("", "", unknown, 1), record.CannotTell},
		{"inside", within("", "", sharp, 0.5, 1.5), record.Holds},
		{"outside", within("", "", sharp, 2, 3), record.Fails},
		{"perhaps inside", within("", "", sharp, 1, 3), record.CannotTell},
	} {
		assert.Equal(t, c.want, c.s.Verdict, "%s: %v against %s", c.what, c.s.Figure, c.s.Expected)
		assert.NotContains(t, c.s.Because, "Inf", c.what)
		if c.want == record.CannotTell {
			assert.NotEmpty(t, c.s.Because, c.what)
		}
	}
}

func TestSettingsFromOutside(t *testing.T) {
	trial := Trial{Varies: []string{"lr"}, Jobs: []Job{
		{Name: "a", Settings: []string{"model=made", "lr=0.1", "steps=5"}},
		{Name: "b", Settings: []string{"model=rbm", "lr=0.2", "steps=7", "halved"}},
	}}
	more, err := trial.With([]string{"steps=50", "projected"})
	require.NoError(t, err)
	assert.Equal(t, []string{"model=made", "lr=0.1", "steps=50", "projected"}, more.Jobs[0].Settings)
	assert.Equal(t, []string{"model=rbm", "lr=0.2", "halved", "steps=50", "projected"}, more.Jobs[1].Settings)
	assert.Equal(t, "steps=5", trial.Jobs[0].Settings[2], "the trial itself stays")
	_, err = trial.With([]string{"lr=0.3"})
	assert.ErrorContains(t, err, "lr is what the experiment varies")
	_, err = Named("nothing")
	assert.ErrorContains(t, err, "known are balance, quasi-static")
}

func TestWhatDoesNotHoldIsTold(t *testing.T) {
	o := Outcome{Answer: "it was seen", Statements: []record.Statement{
		{Text: "a", Verdict: record.Holds}, {Text: "b", Verdict: record.CannotTell, Figure: estimate.Exact(2)},
		{Text: "c", Verdict: record.Fails, Figure: estimate.Exact(3)},
	}}
	assert.Equal(t, "it was seen. What fails: c: 3 [3, 3]. Not told: b: 2 [2, 2]", o.Told())
	assert.Equal(t, "it was seen", Outcome{Answer: "it was seen"}.Told())
}
