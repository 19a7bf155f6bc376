package validate

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"time"

	"calorimeter/instrument/estimate"
)

// Kind says how what an estimator aims at relates to the truth of its case.
type Kind int

const (
	Value Kind = iota // the truth itself
	Lower             // a lower bound on it
	Upper             // an upper bound on it
)

// String returns "value", "lower" or "upper".
func (k Kind) String() string { return [...]string{"value", "lower", "upper"}[k] }

// Case is one estimator applied to one exact system.
type Case struct {
	Quantity  string // name as in the curves of a run: m_info, l_info, s_theta, work, delta_f, mi, entropy ...
	Estimator string
	Kind      Kind
	Truth     float64 // nats, unless the quantity has another unit
	// Flaw says why the estimator is known to be wrong here, for cases that show just that; it is added to the
	// estimate's warnings. Empty for all others.
	Flaw string
	// Given says on what the interval is conditioned, where it does not claim to cover what the bound is on average over
	// simulations; such a case cannot be calibrated by repeating them. Empty for all others.
	Given string
	// Estimate makes the estimate from what System.Simulate returned, with rng as the only source of chance. It must
	// not change the sample, which other cases share.
	Estimate func(sample any, rng *rand.Rand) estimate.Estimate
}

// System is an exact system, simulated once, with the cases that look at the simulation.
type System struct {
	Name       string
	Parameters Poser
	// Simulate draws a sample of the system. All chance comes from rng; workers is the number of goroutines that it may
	// use, and the sample must not depend on it.
	Simulate func(ctx context.Context, rng *rand.Rand, workers int) (any, error)
	Cases    []Case
}

// Poser is the parameters of an exact system. The tags of their fields are as package kong reads them: default, text,
// and the name on a command line where that is not the field's, data-sigma for DataSigma.
type Poser interface {
	// Pose returns the system, or what is wrong with the parameters.
	Pose() (*System, error)
}

// hump is where a word ends within a name.
var hump = regexp.MustCompile("([a-z])([A-Z])")

// Posed returns the parameters as flags, "--dim 1 --sigma 1 ...", with which the system can be posed again.
func (s *System) Posed() string {
	var parts []string
	v := reflect.ValueOf(s.Parameters)
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.Anonymous {
			continue
		}
		value := fmt.Sprint(v.FieldByIndex(f.Index))
		switch {
		case f.Type.Kind() == reflect.Slice:
			value = strings.ReplaceAll(strings.Trim(value, "[]"), " ", ",")
		case strings.ContainsAny(value, " ()"):
			value = `"` + value + `"`
		}
		parts = append(parts, "--"+strings.ToLower(cmp.Or(f.Tag.Get("name"), hump.ReplaceAllString(f.Name, "$1-$2"))), value)
	}
	return strings.Join(parts, " ")
}

// valid asks a system of package testsystems whether it makes sense, if it can tell.
func valid(system any) error {
	if v, ok := system.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// on makes a Case.Estimate out of a function of a sample of known type.
func on[T any](f func(sample T, rng *rand.Rand) estimate.Estimate) func(any, *rand.Rand) estimate.Estimate {
	return func(sample any, rng *rand.Rand) estimate.Estimate { return f(sample.(T), rng) }
}

// of makes a case out of an estimator that needs no chance, for a sample of known type.
func of[T any](quantity, estimator string, kind Kind, truth float64, f func(sample T) estimate.Estimate) Case {
	return Case{Quantity: quantity, Estimator: estimator, Kind: kind, Truth: truth,
		Estimate: on(func(sample T, _ *rand.Rand) estimate.Estimate { return f(sample) })}
}

// Row is the outcome of one case.
type Row struct {
	System, Posed       string
	Quantity, Estimator string
	Kind                Kind
	Truth               float64
	Estimate            estimate.Estimate
	Z                   float64 // as Score returns it; NaN if there is no interval
	Seconds             float64 // of the estimator, with its share of the simulation
}

// Run simulates the system once and makes the estimate of every case. The rows depend on the system and on the seed
// alone, but for Seconds: each case draws from a stream of its own, named by system, quantity and estimator.
func (s *System) Run(ctx context.Context, seed uint64, workers int) ([]Row, error) {
	started := time.Now()
	sample, err := s.Simulate(ctx, s.stream(seed, 0, "simulate"), workers)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", s.Name, s.Posed(), err)
	}
	share := time.Since(started).Seconds() / float64(len(s.Cases))
	rows := make([]Row, len(s.Cases))
	for i, c := range s.Cases {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		started := time.Now()
		e := s.estimate(&c, sample, seed, 0)
		rows[i] = Row{
			System: s.Name, Posed: s.Posed(), Quantity: c.Quantity, Estimator: c.Estimator, Kind: c.Kind, Truth: c.Truth,
			Estimate: e, Z: Score(e, c.Truth, c.Kind), Seconds: time.Since(started).Seconds() + share,
		}
	}
	return rows, nil
}

func (s *System) estimate(c *Case, sample any, seed uint64, repetition int) estimate.Estimate {
	e := c.Estimate(sample, s.stream(seed, repetition, c.Quantity+" "+c.Estimator))
	if c.Flaw != "" {
		e = e.Warn("%s", c.Flaw)
	}
	return e
}

// stream returns the random stream of one purpose in one repetition.
func (s *System) stream(seed uint64, repetition int, purpose string) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %s/%s/%d", s.Name, s.Posed(), purpose, repetition)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
