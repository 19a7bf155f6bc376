package main

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"calorimeter/datasets"
	"calorimeter/instrument/ensemble"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// spoiled are small runs, each of a kind of state.
func spoiled(t testing.TB) [][]string {
	split, err := datasets.Open(t.Context(), "bars-and-stripes", &datasets.Options{Size: 40, Seed: 1})
	require.NoError(t, err)
	for _, d := range []*datasets.Dataset{split.Train, split.Test} {
		d.Labels = make([]uint8, d.Len())
		for i := range d.Labels {
			d.Labels[i] = uint8(i % 2)
		}
	}
	data := t.TempDir()
	require.NoError(t, datasets.WriteFolder(data, split))
	const small = " --datasets 2 --subset 6 --test-size 4 --batch 3 --steps 4 --observations 3 --permutations 0 --model "
	return [][]string{
		strings.Fields(small + "gaussian --replicas 2 --chains 3"),
		strings.Fields(small + "rbm --replicas 1 --chains 3 --preprocess binarise --width 2 --particles 2 --burn-in 1" +
			" --moves 1 --follow 1 --follow-moves 1 --ais-chains 2 --ais-steps 2 --optimizer adam --data " + data),
		strings.Fields(small + "dino --replicas 1 --width 2 --representation 2 --head 2 --projection 2 --labels 2" +
			" --view-pairs 1 --probe-size 6 --data " + data),
	}
}

func jobOf(t testing.TB, args []string) *job {
	t.Helper()
	std := streams{out: io.Discard, err: io.Discard}
	o, err := parse(args, std)
	require.NoError(t, err)
	j, err := prepare(t.Context(), o, args, newDisplay(o.common().sittingFlags, std))
	require.NoError(t, err)
	j.dir = t.TempDir()
	return j
}

// stateOf returns the content of the state of a job that was stopped on the way to its last observation.
func stateOf(t testing.TB, args []string) []byte {
	t.Helper()
	j := jobOf(t, args)
	defer j.engine.Close()
	stop := errors.New("stop")
	err := j.engine.Run(t.Context(), func(o ensemble.Observed) error {
		if j.observations() == len(j.engine.Steps())-1 {
			return stop
		}
		j.journal.Enter(o)
		return nil
	})
	require.ErrorIs(t, err, stop)
	require.NoError(t, j.saveState())
	s, _, err := readState(j.dir)
	require.NoError(t, err)
	return encodedState(t, s)
}

func encodedState(t testing.TB, s *state) []byte {
	var b bytes.Buffer
	require.NoError(t, gob.NewEncoder(&b).Encode(s))
	return b.Bytes()
}

// takeUp takes a state up and goes on to the end, if it is taken.
func takeUp(t testing.TB, args []string, s *state) {
	j := jobOf(t, args)
	defer j.engine.Close()
	if j.restore(s) == nil {
		j.train(t.Context(), func(string) {}) // which may fail, by numbers that are no state of training
	}
}

// FuzzState reads states of any content: there is an error or a run, and no panic.
func FuzzState(f *testing.F) {
	kinds := spoiled(f)
	for kind, args := range kinds {
		f.Add(byte(kind), stateOf(f, args))
	}
	f.Fuzz(func(t *testing.T, kind byte, content []byte) {
		if s, err := decodeState(content, stateFile); err == nil {
			takeUp(t, kinds[int(kind)%len(kinds)], s)
		}
	})
}

// Whatever number or size in a state is not as it should be, there is an error or a run, and no panic.
func TestNoSizeInAStateIsTrusted(t *testing.T) {
	every := 1
	if testing.Short() {
		every = 61
	}
	n := 0
	for _, args := range spoiled(t) {
		content := stateOf(t, args)
		decoded := func() (*state, []place) {
			s, err := decodeState(content, stateFile)
			require.NoError(t, err)
			return s, places(reflect.ValueOf(s).Elem(), "state")
		}
		_, all := decoded()
		for i := range 3 * len(all) {
			if n++; n%every > 0 {
				continue
			}
			s, all := decoded()
			if at := all[i/3]; spoil(at.value, i%3) {
				assert.NotPanics(t, func() { takeUp(t, args, s) }, "%s, %d", at.path, i%3)
			}
		}
	}
}

// place is where a number or a size of a state is.
type place struct {
	path  string
	value reflect.Value
}

// places lists those in v: of long slices, those of the first elements.
func places(v reflect.Value, path string) (all []place) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.CanSet() {
			all = append(all, place{path, v})
		}
		if !v.IsNil() && v.Type().String() != "*rand.PCG" {
			all = append(all, places(v.Elem(), path)...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				all = append(all, places(v.Field(i), path+"."+field.Name)...)
			}
		}
	case reflect.Slice:
		all = append(all, place{path, v})
		for i := range min(v.Len(), 3) {
			all = append(all, places(v.Index(i), fmt.Sprintf("%s[%d]", path, i))...)
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		all = append(all, place{path, v})
	}
	return all
}

// spoil changes what is at a place, in one of three ways, and reports whether it could.
func spoil(v reflect.Value, how int) bool {
	switch v.Kind() {
	case reflect.Slice:
		changed := []reflect.Value{reflect.Append(v, reflect.Zero(v.Type().Elem())), reflect.Zero(v.Type())}
		if v.Len() > 0 {
			changed = append(changed, v.Slice(0, v.Len()-1))
		}
		v.Set(changed[how%len(changed)])
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return false
		}
		v.SetZero()
	default:
		v.SetInt([]int64{-1, 1<<31 - 1, 0}[how])
	}
	return true
}
