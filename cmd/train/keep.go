package main

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"io"

	"calorimeter/instrument/record"
)

// writeKept writes values, one after the other, into a file of a kind that says whose it is.
func writeKept(path, kind string, of origin, values []any) error {
	return record.WriteSealed(path, kind, func(w io.Writer) error {
		enc := gob.NewEncoder(w)
		if err := enc.Encode(of); err != nil {
			return err
		}
		for _, v := range values {
			if err := enc.Encode(kept{v}); err != nil {
				return err
			}
		}
		return nil
	})
}

// readKept reads so many values that writeKept wrote into a file, which must be the one that it is taken for.
func readKept(path, kind string, of origin, n int) ([]any, error) {
	content, err := record.ReadSealed(path, kind)
	if err != nil {
		return nil, err
	}
	dec := gob.NewDecoder(bytes.NewReader(content))
	var have origin
	if err := dec.Decode(&have); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if have != of {
		return nil, fmt.Errorf("%s is not of this plan, or of another shard or observation: remove its shard, and train it "+
			"again", path)
	}
	values := make([]any, n)
	for i := range values {
		var v kept
		if err := dec.Decode(&v); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		values[i] = v.Value
	}
	return values, nil
}
