package ensemble

import (
	"context"
	"testing"

	"calorimeter/model"

	"github.com/stretchr/testify/require"
)

// The ensemble of the default run: 8 x 3 MADE networks of 50,500 weights on 196 bits, batches of 50, 32 chains.
func defaultEnsemble(b *testing.B, observe []int) *Ensemble {
	sets := make([][]float32, 8)
	for d := range sets {
		sets[d] = bits(uint64(d), 500, 196)
	}
	e, err := New(Config{Seed: 1, Replicas: 3, Chains: 32, Batch: 50, Rate: 0.04, Observe: observe},
		func() (model.PPM, error) {
			return model.NewMADE(model.MADESettings{Dim: 196, Hidden: []int{128}, Seed: 1, Batch: 50, EvalBatch: 128})
		}, sets, bits(99, 1000, 196))
	require.NoError(b, err)
	b.Cleanup(func() { e.Close() })
	return e
}

// One step of all 24 replicas, one after the other.
func BenchmarkStep(b *testing.B) {
	e := defaultEnsemble(b, []int{1 << 30})
	w := e.workers[0].(*worker)
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range e.Replicas() {
			if err := w.train(context.Background(), r, e.sets[r.Set], e.test, r.Step+1, func(int) {}); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// One observation: samples, work and heat, losses on 1,500 examples, and every replica's judgement of all 768 samples.
func BenchmarkObservation(b *testing.B) {
	e := defaultEnsemble(b, []int{0})
	for b.Loop() {
		e.observed = 0
		if err := e.Run(context.Background(), func(*Observation) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// The cross log-likelihood alone: 24 replicas judge 768 samples.
func BenchmarkCrossLogLikelihood(b *testing.B) {
	e := defaultEnsemble(b, []int{0})
	o := observeOnce(b, e)
	for b.Loop() {
		for s, r := range e.Replicas() {
			if err := e.workers[0].(*worker).judge(o.judged(s), o.Energies[:32], r.snapshot(), o.Samples); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// All estimates of one observation.
func BenchmarkRow(b *testing.B) {
	o := observeOnce(b, defaultEnsemble(b, []int{3}))
	b.ReportAllocs()
	for b.Loop() {
		o.Row()
	}
}

func observeOnce(b *testing.B, e *Ensemble) (last *Observation) {
	require.NoError(b, e.Run(context.Background(), func(o *Observation) error {
		last = o
		return nil
	}))
	return last
}
