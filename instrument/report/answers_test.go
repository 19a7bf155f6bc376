package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, made one at a time, and the tests that caught each:
//
//	yes without a look at the null                           TestMemorizes
//	yes where the bounds on D sets alone exceed 0            TestMemorizes
//	no look at the null of the bounds on D sets              TestMemorizes
//	a tie with the null taken for evidence                   TestValuesAgainstTheirNull
//	L-info told from chance where one bound of two is        TestExpresses
//	the gap at the end for its growth                        TestTheGapOfTheLosses
//	bounds without their errors in the sentences             TestCardsAndSentencesAgree
//	an efficiency of 0 / 0 in a sentence                      TestNoEfficiencyBeforeTheFirstStep
//	a collapse passed over where the probe gained            TestLearns

// last sets the last value of a column.
func last(c *Curves, name string, v float64) {
	c.Rows[len(c.Rows)-1][slices.Index(c.Columns, name)] = v
}

func TestMemorizes(t *testing.T) {
	for _, k := range []struct {
		name   string
		change func(run *Run, c *Curves)
		short  string
		says   string
	}{
		{"no null", func(*Run, *Curves) {}, "Not held against chance", "The record has no null (labels dealt at random) to hold it against."},
		{"beyond the null", func(run *Run, _ *Curves) { exampleNulls(run) }, "Yes", "at least 5.70 nats of their training set, 0.0114 an example (M-info 8.15; labels dealt at random give below 0.797 in 95% of cases)"},
		{"within the null", func(run *Run, c *Curves) {
			run.Nulls = map[string]Null{"m_info": {7, 8.5, 19}}
		}, "Not told from chance", "M-info comes out as 8.15 nats; labels dealt at random give below 8.50 in 95% of cases."},
		{"within the null, whatever the bounds on D sets say", func(run *Run, c *Curves) {
			run.Nulls = map[string]Null{"m_info": {0.6, 1.09, 19}}
			last(c, "m_info", 1.09)
			last(c, "m_info_lo", 0.8)
		}, "Not told from chance", "1.09 nats"},
		{"beyond the null, an interval with 0", func(run *Run, c *Curves) {
			exampleNulls(run)
			last(c, "m_info_lo", -0.1)
			blank(c, "m_info_d_lo")
		}, "Not seen", "compatible with none"},
		{"beyond both nulls", func(run *Run, c *Curves) {
			exampleNulls(run)
			run.Nulls["m_info_d_lo"] = Null{0.2, 0.41, 19}
			last(c, "m_info_lo", -0.1)
		}, "Yes", "at least 2.08 nats of their training set"},
		{"the bounds on D sets within their null", func(run *Run, c *Curves) {
			exampleNulls(run)
			run.Nulls["m_info_d_lo"] = Null{1, 3, 19}
			last(c, "m_info_lo", -0.1)
		}, "Not seen", "compatible with none"},
		{"the bounds on D sets alone, within their null", func(run *Run, c *Curves) {
			run.Nulls = map[string]Null{"m_info_d_lo": {1, 3, 19}}
			blank(c, "m_info", "m_info_lo", "m_info_hi")
		}, "Not told from chance", "labels dealt at random give below 3.00 in 95% of cases"},
		{"few groupings", func(run *Run, c *Curves) {
			run.Datasets, run.Replicas = 2, 2
			run.Nulls = map[string]Null{"m_info": {7, 8.5, 19}}
		}, "Not told from chance", "only 3 ways to deal 4 replicas to 2 sets"},
		{"no estimate", func(run *Run, c *Curves) {
			blank(c, "m_info", "m_info_lo", "m_info_hi", "m_info_d_lo")
			run.Reasons["m_info"] = "one replica"
		}, "Cannot tell", "M-info was not estimated: one replica."},
	} {
		run, c := exampleRun()
		k.change(run, c)
		a := memorizes(run, c, nil)
		assert.Equal(t, k.short, a.Short, k.name)
		assert.Contains(t, a.Because, k.says, k.name)
	}
}

func TestExpresses(t *testing.T) {
	run, c := exampleRun()
	assert.Equal(t, "1.88 to 16.1 nats", expresses(run, c, nil).Short)
	exampleNulls(run)
	a := expresses(run, c, nil)
	assert.Equal(t, "1.88 to 16.1 nats", a.Short)
	assert.Contains(t, a.Because, "give bounds below −1.90 and 1.38 in 95% of cases")
	last(c, "l_info_hi", 1.3)
	a = expresses(run, c, nil)
	assert.Equal(t, "Not told from chance", a.Short, "the upper bound is no larger than by chance")
	assert.Contains(t, a.Because, "bounds are 1.98 and 1.30 nats")
	last(c, "l_info_lo", -3)
	last(c, "l_info_hi", -2.5)
	assert.Equal(t, "Nothing seen", expresses(run, c, nil).Short)
}

func TestTheGapOfTheLosses(t *testing.T) {
	_, c := exampleRun()
	g := gap(c)
	for i := range c.Rows { // samples of examples that differ from the start do not count
		c.Rows[i][slices.Index(c.Columns, "test_nll")] += 2
	}
	grown := g[len(g)-1] - g[0]
	require.InDelta(t, 18.7, grown, 0.1)
	assert.Equal(t, "The held-out loss lies "+brief(grown+2)+" above the training loss at the end, 2.00 at the start: the gap grew by "+brief(grown)+" nats.", gapWords(c))
	last(c, "test_nll", 0)
	assert.Contains(t, gapWords(c), "shrank")
	blank(c, "test_nll")
	assert.Empty(t, gapWords(c))
}

// What the program prints and what the page shows are one reading of the record.
func TestCardsAndSentencesAgree(t *testing.T) {
	run, c := exampleRun()
	exampleNulls(run)
	assert.Contains(t, strings.Join(Conclusions(run, c), " "), "between 1.88 and 16.1 nats")
	assert.NotContains(t, strings.Join(Conclusions(run, c), " "), "chance")
	last(c, "l_info_hi", 1.3)
	run.Nulls["m_info"] = Null{7, 9, 19}
	say := strings.Join(Conclusions(run, c), " ")
	assert.Equal(t, 2, strings.Count(say, "not told from chance"), say)
	blank(c, "l_info_lo")
	assert.NotContains(t, strings.Join(Conclusions(run, c), " "), "L-info")
}

func TestLearns(t *testing.T) {
	for _, k := range []struct {
		gain, se, collapsed float64
		short               string
	}{
		{0.05, 0.005, 0, "Yes"},
		{0.05, 0.005, 1. / 3, "Yes, but collapsed"},
		{0.05, 0.02, 0, "Not seen"}, // of three replicas t is 4.3
		{-0.05, 0.005, 1, "No, it lost"},
		{0.05, math.NaN(), 0, "Cannot tell"},
	} {
		_, c := exampleCycles()
		last(c, "probe", 0.78+k.gain)
		last(c, "probe_gain", k.gain)
		last(c, "probe_gain_se", k.se)
		last(c, "collapsed", k.collapsed)
		run := &Run{} // its books are still open
		a := learns(run, c, nil)
		assert.Equal(t, k.short, a.Short)
		assert.Equal(t, k.collapsed > 0, strings.Contains(a.Because, "have collapsed in "+percent(k.collapsed)+" of the replicas"), a.Because)
	}
}

// A closed book has the last word: the card cannot say otherwise.
func TestLearnsByTheBook(t *testing.T) {
	_, c := exampleCycles()
	last(c, "collapsed", 0)
	last(c, "probe_gain_se", 0.02) // by Student's t of three replicas not seen
	for verdict, short := range map[string]string{Pass: "Yes", Fail: "No, it lost", CannotTell: "Not seen"} {
		run := &Run{Books: []Check{{Name: "first law", Verdict: Pass}, {Name: "learning", Verdict: verdict}}}
		assert.Equal(t, short, learns(run, c, nil).Short)
	}
}

func TestNoEfficiencyBeforeTheFirstStep(t *testing.T) {
	run, c := exampleCycles()
	c.Rows = c.Rows[:1]
	last(c, "sum_extracted", 0)
	last(c, "sum_bought", 0)
	for _, said := range append(CycleConclusions(run, c), cycleAnswers(run, c, nil)[1].Because) {
		assert.NotContains(t, said, "~")
	}
}
