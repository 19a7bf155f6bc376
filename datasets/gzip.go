package datasets

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
)

var gzipMagic = []byte{0x1f, 0x8b}

// errJunk says that something follows compressed data that is none.
var errJunk = errors.New("bytes after the end of the gzip data")

// gunzip returns r itself, or its decompressed content if it begins as gzip does.
func gunzip(r io.Reader) (io.Reader, error) {
	from := bufio.NewReader(r)
	if head, _ := from.Peek(2); !bytes.Equal(head, gzipMagic) {
		return from, nil
	}
	z, err := gzip.NewReader(from)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &members{from: from, z: z}, nil
}

// members is the content of gzip members that follow each other. Zero bytes may fill up the file after the last, as
// tapes and block devices leave them; anything else there is errJunk.
type members struct {
	from *bufio.Reader
	z    *gzip.Reader
}

// Read implements io.Reader.
func (m *members) Read(p []byte) (int, error) {
	n, err := m.z.Read(p)
	switch {
	case err != io.EOF:
		return n, err
	case n > 0: // the end comes with the next call
		return n, nil
	}
	if head, _ := m.from.Peek(2); bytes.Equal(head, gzipMagic) {
		err = m.z.Reset(m.from)
		m.z.Multistream(false)
		return 0, err
	}
	for {
		b, err := m.from.ReadByte()
		switch {
		case err != nil:
			return 0, err
		case b != 0:
			return 0, errJunk
		}
	}
}
