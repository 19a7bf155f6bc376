package record

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrDamaged is in the error of [ReadSealed] about a file whose content is not what was written.
var ErrDamaged = errors.New("its content does not match its checksum")

// WriteSealed writes a file as WriteAtomic does, of a kind, such as "state, format 5", that [ReadSealed] can tell from
// others and whose content it can tell from a damaged one: a line with the kind, the content, and the SHA-256 of both.
func WriteSealed(path, kind string, write func(w io.Writer) error) error {
	return WriteAtomic(path, func(w io.Writer) error {
		sum := sha256.New()
		both := io.MultiWriter(w, sum)
		if _, err := fmt.Fprintf(both, "calorimeter %s\n", kind); err != nil {
			return err
		}
		if err := write(both); err != nil {
			return err
		}
		_, err := w.Write(sum.Sum(nil))
		return err
	})
}

// ReadSealed returns the content of a file that WriteSealed wrote of the same kind. It is an error that wraps
// [ErrDamaged] where any byte is not as it was written, and another where the file is of another kind.
func ReadSealed(path, kind string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	content := len(data) - sha256.Size
	if content < 0 {
		return nil, fmt.Errorf("record: %s: %w", path, ErrDamaged)
	}
	sum := sha256.Sum256(data[:content])
	head, rest, _ := bytes.Cut(data[:content], []byte("\n"))
	switch mine := []byte("calorimeter " + kind); {
	case bytes.Equal(sum[:], data[content:]) && bytes.Equal(head, mine):
		return rest, nil
	case bytes.Equal(sum[:], data[content:]):
		return nil, fmt.Errorf("record: %s was written by another version of the program: it is %q, not %q", path, head, mine)
	}
	return nil, fmt.Errorf("record: %s: %w", path, ErrDamaged)
}
