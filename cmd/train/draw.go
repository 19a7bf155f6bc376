package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// draw tells the training sets of a run, and the held-out examples, from others: by all numbers of their pictures, in
// their order. Labels do not count: a network that learns shuffled ones has seen the same pictures.
func (ex *examples) draw() string {
	h := sha256.New()
	picture := ex.Picture[0] * ex.Picture[1]
	for _, set := range append(ex.Sets[:len(ex.Sets):len(ex.Sets)], ex.HeldOut) {
		fmt.Fprintln(h, len(set)/ex.Dim, picture)
		for row := 0; row < len(set); row += ex.Dim {
			binary.Write(h, binary.LittleEndian, set[row:row+picture]) // a hash takes all that is written
		}
	}
	return fmt.Sprintf("%.8x", h.Sum(nil))
}
