package ensemble_test

import (
	"context"
	"encoding/gob"
	"fmt"
	"io/fs"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"calorimeter/instrument"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
	"calorimeter/model"
)

// shelf is a folder in which shards leave what an observation needs: [ensemble.Shards].
type shelf struct {
	dir    string
	shards int
}

// anything is a snapshot or a state as gob takes it.
type anything struct{ Value any }

func (s shelf) leave(what string, values []any) error {
	f, err := os.Create(filepath.Join(s.dir, what))
	if err != nil {
		return err
	}
	defer f.Close()
	enc := gob.NewEncoder(f)
	for _, v := range values {
		if err := enc.Encode(anything{v}); err != nil {
			return err
		}
	}
	return f.Close()
}

// take reads what every shard left of a kind, in the order of the replicas.
func (s shelf) take(what string) (values []any, err error) {
	for i := range s.shards {
		f, err := os.Open(filepath.Join(s.dir, fmt.Sprintf(what, i)))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		dec := gob.NewDecoder(f)
		for {
			var v anything
			if dec.Decode(&v) != nil {
				break
			}
			values = append(values, v.Value)
		}
	}
	return values, nil
}

func (s shelf) Snapshots(n int) ([]any, error) {
	return s.take(fmt.Sprintf("shard-%%d-observation-%d", n))
}

func (s shelf) Observed(int) (ensemble.Observed, error) { return nil, nil } // none is made elsewhere

func (s shelf) States() (states []ensemble.State, err error) {
	values, err := s.take("shard-%d-end")
	for _, v := range values {
		states = append(states, v.(ensemble.State))
	}
	return states, err
}

// The replicas of an ensemble trained in three shards, which could be programs on three machines that see one folder,
// and gathered to the record of one.
func Example_shards() {
	const coins, throws, shards = 8, 20, 3
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) []float32 {
		x := make([]float32, n*coins)
		for i := range x {
			x[i] = float32(rng.IntN(2))
		}
		return x
	}
	sets, heldOut := [][]float32{draw(throws), draw(throws), draw(throws)}, draw(100)
	build := func(train []int) *ensemble.Ensemble {
		e, err := ensemble.New(ensemble.Config{
			Seed: 1, Replicas: 2, Chains: 32, Batch: throws, Rate: 1, Observe: instrument.LogSteps(1, 100, 8), Train: train,
		}, func() (model.PPM, error) { return newBits(coins, throws) }, sets, heldOut)
		if err != nil {
			log.Fatal(err)
		}
		return e
	}
	dir, err := os.MkdirTemp("", "shards")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	on := shelf{dir, shards}

	for i := range shards { // each of these is a program
		e := build([]int{2 * i, 2*i + 1})
		err := e.Engine.Shard(context.Background(), func(n int, snapshots []any) error {
			return on.leave(fmt.Sprintf("shard-%d-observation-%d", i, n), snapshots)
		})
		if err != nil {
			log.Fatal(err)
		}
		var states []any
		for _, s := range e.States() {
			states = append(states, s)
		}
		if err := on.leave(fmt.Sprintf("shard-%d-end", i), states); err != nil {
			log.Fatal(err)
		}
		e.Close()
	}

	record := func(e *ensemble.Ensemble) float64 { // and this is one that gathers
		defer e.Close()
		journal := ensemble.NewJournal(e, &record.Run{Program: "coins"})
		if err := e.Engine.Run(context.Background(), func(o ensemble.Observed) error {
			journal.Enter(o)
			return nil
		}); err != nil {
			log.Fatal(err)
		}
		_, lower := journal.History.Last("l_info_lo")
		return lower.Value
	}
	gathers := build([]int{0})
	gathers.Engine.Gather(on)
	files, _ := fs.Glob(os.DirFS(dir), "*")
	fmt.Println(len(files), "files")
	fmt.Println("the same to the last bit:", record(gathers) == record(build(nil)))
	// Output:
	// 27 files
	// the same to the last bit: true
}
