package datasets

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	header little-endian                         TestIDXLayout
//	Rows and Cols swapped in ReadImages          TestIDXRoundTrip
//	no check for bytes after the data            TestIDXErrors/oversized
//	gzip header with a time                      TestIDXGzipIsDeterministic
//	buffer of the announced size made at once    TestIDXHeaderBomb
//	limit of the announced size left out         TestIDXErrors/absurd
//	gzip decided by name                         TestFolderSpellings

func encodeImages(t require.TestingT, im *Images, compress bool) []byte {
	var b bytes.Buffer
	require.NoError(t, WriteImages(&b, im, compress))
	return b.Bytes()
}

func encodeLabels(t require.TestingT, labels []uint8, compress bool) []byte {
	var b bytes.Buffer
	require.NoError(t, WriteLabels(&b, labels, compress))
	return b.Bytes()
}

func TestIDXLayout(t *testing.T) {
	im := &Images{N: 1, Rows: 2, Cols: 3, Pixels: []uint8{1, 2, 3, 4, 5, 255}}
	assert.Equal(t, []byte{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255}, encodeImages(t, im, false))
	assert.Equal(t, []byte{0, 0, 8, 1, 0, 0, 0, 2, 7, 255}, encodeLabels(t, []uint8{7, 255}, false))
}

func TestIDXRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		im := &Images{
			N:    rapid.IntRange(1, 5).Draw(t, "n"),
			Rows: rapid.IntRange(1, 6).Draw(t, "rows"),
			Cols: rapid.IntRange(1, 6).Draw(t, "cols"),
		}
		size := im.N * im.Rows * im.Cols
		im.Pixels = rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "pixels")
		compress := rapid.Bool().Draw(t, "gzip")

		// One byte at a time: the reader must not rely on how the data arrive.
		got, err := ReadImages(iotest.OneByteReader(bytes.NewReader(encodeImages(t, im, compress))), "misleading.gz")
		require.NoError(t, err)
		require.Equal(t, im, got)

		labels, err := ReadLabels(bytes.NewReader(encodeLabels(t, im.Pixels, compress)), "labels")
		require.NoError(t, err)
		require.Equal(t, im.Pixels, labels)
	})
}

// Every proper prefix of a file, plain or compressed, and every file with a byte more is refused.
func TestIDXNoPrefixPasses(t *testing.T) {
	im := &Images{N: 3, Rows: 2, Cols: 2, Pixels: []uint8("abcdefghijkl")}
	for _, compress := range []bool{false, true} {
		whole := encodeImages(t, im, compress)
		for n := range whole {
			_, err := ReadImages(bytes.NewReader(whole[:n]), "f")
			var fe *FormatError
			require.ErrorAs(t, err, &fe, "prefix of %d of %d bytes", n, len(whole))
			assert.NotContains(t, err.Error(), "\n")
		}
		_, err := ReadImages(bytes.NewReader(append(bytes.Clone(whole), 0)), "f")
		require.Error(t, err)
	}
}

func TestIDXGzipIsDeterministic(t *testing.T) {
	z := encodeLabels(t, []uint8{1, 2, 3}, true)
	assert.Equal(t, []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0}, z[:8], "gzip header: no flags, no time")
}

func TestIDXErrors(t *testing.T) {
	images := encodeImages(t, &Images{N: 2, Rows: 2, Cols: 2, Pixels: make([]uint8, 8)}, false)
	labels := encodeLabels(t, []uint8{1, 2, 3}, false)
	header := func(dims ...uint32) []byte {
		h := []byte{0, 0, 8, byte(len(dims))}
		for _, d := range dims {
			h = binary.BigEndian.AppendUint32(h, d)
		}
		return h
	}
	broken := encodeImages(t, &Images{N: 2, Rows: 2, Cols: 2, Pixels: make([]uint8, 8)}, true)
	broken[len(broken)-5] ^= 1 // the checksum at the end of the gzip stream

	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{name: "empty", data: nil, want: []string{"found 0 bytes", "expected an images file"}},
		{name: "header cut", data: images[:9], want: []string{"found 9 bytes of a header", "expected 16"}},
		{name: "labels cut", data: labels[:6], want: []string{"found a labels file", "swapped"}},
		{name: "truncated", data: images[:len(images)-1],
			want: []string{"found 7 bytes of data", "expected 8 (2 x 2 x 2)", "cut short"}},
		{name: "oversized", data: append(bytes.Clone(images), 9),
			want: []string{"found bytes after the data", "exactly 8 (2 x 2 x 2)"}},
		{name: "labels for images", data: labels,
			want: []string{"found a labels file (idx1-ubyte)", "expected an images file (idx3-ubyte)", "swapped"}},
		{name: "floats", data: append([]byte{0, 0, 0x0d, 3}, images[4:]...), want: []string{"element type 0x0d", "convert"}},
		{name: "page", data: []byte("<!DOCTYPE html><title>404</title>"), want: []string{"HTML", "mirror"}},
		{name: "pointer", data: []byte("version https://git-lfs.github.com/spec/v1"),
			want: []string{"Git LFS pointer", "git lfs pull"}},
		{name: "zip", data: []byte("PK\x03\x04 and more than sixteen bytes"), want: []string{"zip archive", "unpack"}},
		{name: "noise", data: []byte("\x7fELF and more than sixteen bytes"), want: []string{"7f 45 4c 46", "not IDX"}},
		{name: "no images", data: header(0, 28, 28), want: []string{"empty dimension"}},
		{name: "absurd", data: header(1<<20, 1<<10, 2), want: []string{"more than 1 GiB"}},
		{name: "overflow", data: header(1<<31, 1<<31, 4), want: []string{"more than 1 GiB"}},
		{name: "gzip checksum", data: broken, want: []string{"damaged gzip data", "fetch or copy"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadImages(bytes.NewReader(c.data), "some-file")
			var fe *FormatError
			require.ErrorAs(t, err, &fe)
			assert.Equal(t, "some-file", fe.File)
			assert.NotContains(t, err.Error(), "\n")
			for _, w := range c.want {
				assert.Contains(t, err.Error(), w)
			}
		})
	}

	_, err := ReadLabels(bytes.NewReader(images), "l")
	assert.ErrorContains(t, err, "found an images file (idx3-ubyte), expected a labels file (idx1-ubyte)")

	// A fault of the medium is passed on as it is.
	_, err = ReadImages(io.MultiReader(bytes.NewReader(images[:18]), iotest.ErrReader(io.ErrClosedPipe)), "f")
	assert.ErrorIs(t, err, io.ErrClosedPipe)
	var fe *FormatError
	assert.False(t, errors.As(err, &fe))
}

func TestIDXWriteErrors(t *testing.T) {
	assert.ErrorContains(t, WriteLabels(io.Discard, nil, false), "dimension")
	assert.ErrorContains(t, WriteImages(io.Discard, &Images{N: 2, Rows: 2, Cols: 2, Pixels: make([]uint8, 7)}, true),
		"7 bytes for shape 2 x 2 x 2, which needs 8")
	assert.ErrorContains(t, WriteImages(io.Discard, &Images{N: -1, Rows: 2, Cols: 2}, true), "dimension")
}

// A header that announces 1 GiB costs no more memory than the few bytes that follow it.
func TestIDXHeaderBomb(t *testing.T) {
	bomb := append([]byte{0, 0, 8, 1, 0x40, 0, 0, 0}, strings.Repeat("x", 100)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := ReadLabels(bytes.NewReader(bomb), "bomb")
	runtime.ReadMemStats(&after)
	require.ErrorContains(t, err, "found 100 bytes of data")
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
}

// Whatever the bytes: no panic, and what is accepted is written back the same.
func FuzzReadIDX(f *testing.F) {
	images := &Images{N: 2, Rows: 1, Cols: 2, Pixels: []uint8{0, 1, 128, 255}}
	for _, compress := range []bool{false, true} {
		f.Add(encodeImages(f, images, compress))
		f.Add(encodeLabels(f, []uint8{0, 9, 255}, compress))
	}
	f.Add([]byte{0, 0, 8, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0, 0, 8, 1, 0, 0, 0, 2, 1})
	f.Add([]byte{0x1f, 0x8b, 8})
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		plain := data
		if r, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			plain, _ = io.ReadAll(io.LimitReader(r, 1<<20))
		}
		if im, err := ReadImages(bytes.NewReader(data), "f"); err == nil {
			require.Len(t, im.Pixels, im.N*im.Rows*im.Cols)
			require.Equal(t, plain, encodeImages(t, im, false))
		} else {
			require.NotContains(t, err.Error(), "\n")
		}
		if labels, err := ReadLabels(bytes.NewReader(data), "f"); err == nil {
			require.Equal(t, plain, encodeLabels(t, labels, false))
		}
	})
}
