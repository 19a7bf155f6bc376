package instrument

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Stream returns the random stream of one replica for one purpose, such as "batches". Streams of different seed,
// training set d, replica r or purpose are independent; the same four give the same stream on every machine. Streams
// that are not of one replica take set = replica = -1.
func Stream(seed uint64, set, replica int, purpose string) *rand.PCG {
	key := binary.LittleEndian.AppendUint64(nil, seed)
	key = binary.LittleEndian.AppendUint64(key, uint64(int64(set)))
	key = binary.LittleEndian.AppendUint64(key, uint64(int64(replica)))
	sum := sha256.Sum256(append(key, purpose...))
	return rand.NewPCG(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16]))
}
