package datasets

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
)

// Checksum is the SHA-256, in hexadecimal digits, of numbers and labels as they are used: two runs whose data have the
// same saw the same examples, wherever these were read from. The parts of x and of labels are told apart.
func Checksum(x [][]float32, labels ...[]uint8) string {
	h := sha256.New()
	var b []byte
	for _, part := range x {
		b = binary.LittleEndian.AppendUint64(b[:0], uint64(len(part)))
		for _, v := range part {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			if len(b) > 1<<16 {
				h.Write(b)
				b = b[:0]
			}
		}
		h.Write(b)
	}
	for _, part := range labels {
		h.Write(binary.LittleEndian.AppendUint64(b[:0], uint64(len(part))))
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}
