package datasets

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
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

// grey are images of 8-bit pixels.
func grey(n, rows, cols int, pixels []uint8) *Images {
	im := &Images{N: n, Rows: rows, Cols: cols, Pixels: make([]float32, len(pixels))}
	for i, p := range pixels {
		im.Pixels[i] = float32(p) / 255
	}
	return im
}

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
	im := grey(1, 2, 3, []uint8{1, 2, 3, 4, 5, 255})
	assert.Equal(t, []byte{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255}, encodeImages(t, im, false))
	assert.Equal(t, []byte{0, 0, 8, 1, 0, 0, 0, 2, 7, 255}, encodeLabels(t, []uint8{7, 255}, false))
}

func TestIDXRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, side := rapid.IntRange(1, 5), rapid.IntRange(1, 6)
		im := grey(n.Draw(t, "n"), side.Draw(t, "rows"), side.Draw(t, "cols"), nil)
		size := im.N * im.Rows * im.Cols
		bytes8 := rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "pixels")
		bytes8[0] = 255 // pixels of 0 and 1 alone are taken for bits
		im = grey(im.N, im.Rows, im.Cols, bytes8)
		compress := rapid.Bool().Draw(t, "gzip")

		// One byte at a time: the reader must not rely on how the data arrive.
		got, err := ReadImages(iotest.OneByteReader(bytes.NewReader(encodeImages(t, im, compress))), "misleading.gz")
		require.NoError(t, err)
		require.Equal(t, im, got)

		labels, err := ReadLabels(bytes.NewReader(encodeLabels(t, bytes8, compress)), "labels")
		require.NoError(t, err)
		require.Equal(t, bytes8, labels)
	})
}

// Every proper prefix of a file, plain or compressed, and every file with a byte more is refused.
func TestIDXNoPrefixPasses(t *testing.T) {
	im := grey(3, 2, 2, []uint8("abcdefghijkl"))
	for _, compress := range []bool{false, true} {
		whole := encodeImages(t, im, compress)
		for n := range whole {
			_, err := ReadImages(bytes.NewReader(whole[:n]), "f")
			var fe *FormatError
			require.ErrorAs(t, err, &fe, "prefix of %d of %d bytes", n, len(whole))
			assert.NotContains(t, err.Error(), "\n")
		}
		_, err := ReadImages(bytes.NewReader(append(bytes.Clone(whole), 7)), "f")
		require.Error(t, err)
	}
}

func TestIDXGzipIsDeterministic(t *testing.T) {
	z := encodeLabels(t, []uint8{1, 2, 3}, true)
	assert.Equal(t, []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0}, z[:8], "gzip header: no flags, no time")
}

// gzipped is data compressed once.
func gzipped(t require.TestingT, data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// idx is an IDX file of elements of one type and the given dimensions.
func idx(code byte, elements any, dims ...uint32) []byte {
	var b bytes.Buffer
	b.Write([]byte{0, 0, code, byte(len(dims))})
	binary.Write(&b, binary.BigEndian, dims)
	binary.Write(&b, binary.BigEndian, elements)
	return b.Bytes()
}

// Every type of number and every way to end a gzip file gives the same images.
func TestIDXElements(t *testing.T) {
	bytes8 := []uint8{0, 51, 255, 102}
	want := grey(1, 2, 2, bytes8)
	plain := idx(0x08, bytes8, 1, 2, 2)
	zipped := gzipped(t, plain)
	for name, data := range map[string][]byte{
		"bytes":          plain,
		"int16":          idx(0x0b, []int16{0, 51, 255, 102}, 1, 2, 2),
		"int32":          idx(0x0c, []int32{0, 51, 255, 102}, 1, 2, 2),
		"float32":        idx(0x0d, want.Pixels, 1, 2, 2),
		"float64":        idx(0x0e, []float64{0, 0.2, 1, 0.4}, 1, 2, 2),
		"zeros after":    append(bytes.Clone(zipped), make([]byte, 1000)...),
		"two members":    append(gzipped(t, plain[:9]), gzipped(t, plain[9:])...),
		"members, zeros": append(append(gzipped(t, plain[:9]), gzipped(t, plain[9:])...), 0),
	} {
		got, err := ReadImages(bytes.NewReader(data), name)
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
	for name, data := range map[string][]byte{
		"bits":     idx(0x08, []uint8{0, 1, 1, 0}, 1, 2, 2),
		"bits i32": idx(0x0c, []int32{0, 1, 1, 0}, 1, 2, 2),
	} {
		got, err := ReadImages(bytes.NewReader(data), name)
		require.NoError(t, err, name)
		assert.Equal(t, []float32{0, 1, 1, 0}, got.Pixels, name)
	}
	qmnist := []int32{3, 4, 8, 9, 10, 11, 12, 13, 7, 1, 2, 3, 4, 5, 6, 7}
	labels, err := ReadLabels(bytes.NewReader(idx(0x0c, qmnist, 2, 8)), "qmnist")
	require.NoError(t, err)
	assert.Equal(t, []uint8{3, 7}, labels)
	labels, err = ReadLabels(bytes.NewReader(idx(0x0c, []int32{26, 1}, 2)), "int32")
	require.NoError(t, err)
	assert.Equal(t, []uint8{26, 1}, labels)
	for want, data := range map[string][]byte{
		"found the label 256 in row 1":   idx(0x0c, []int32{1, 256}, 2),
		"found the label -1 in row 0":    idx(0x0c, []int32{-1, 2}, 2),
		"found the label 1.5 in row 1":   idx(0x0d, []float32{1, 1.5}, 2),
		"found the label NaN in row 0":   idx(0x0d, []float32{float32(math.NaN())}, 1),
		"found labels of 10 columns":     idx(0x08, make([]uint8, 20), 2, 10),
		"found the label 3e+08 in row 0": idx(0x0e, []float64{3e8}, 1),
	} {
		_, err := ReadLabels(bytes.NewReader(data), "l")
		assert.ErrorContains(t, err, want)
	}
}

func TestIDXErrors(t *testing.T) {
	images := encodeImages(t, grey(2, 2, 2, make([]uint8, 8)), false)
	labels := encodeLabels(t, []uint8{1, 2, 3}, false)
	header := func(dims ...uint32) []byte {
		h := []byte{0, 0, 8, byte(len(dims))}
		for _, d := range dims {
			h = binary.BigEndian.AppendUint32(h, d)
		}
		return h
	}
	broken := encodeImages(t, grey(2, 2, 2, make([]uint8, 8)), true)
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
		{name: "unknown element", data: append([]byte{0, 0, 0x0f, 3}, images[4:]...),
			want: []string{"element type 0x0f", "convert"}},
		{name: "colour", data: append(header(2, 2, 2, 3), make([]byte, 24)...), want: []string{"colour images", "grey"}},
		{name: "five dimensions", data: header(2, 2, 2, 3, 1), want: []string{"data of 5 dimensions"}},
		{name: "gzip in gzip", data: gzipped(t, gzipped(t, images)), want: []string{"gzip data within gzip data", "once"}},
		{name: "junk after gzip", data: append(gzipped(t, images), "junk"...),
			want: []string{"bytes after the end of the gzip data", "appended"}},
		{name: "junk after zeros", data: append(gzipped(t, images), 0, 0, 1),
			want: []string{"bytes after the end of the gzip data"}},
		{name: "float above 1", data: idx(0x0d, float32(255), 1, 1, 1),
			want: []string{"found the pixel 255 in image 0", "pixels from 0 to 1", "scale"}},
		{name: "float NaN", data: idx(0x0d, float32(math.NaN()), 1, 1, 1), want: []string{"the pixel NaN in image 0"}},
		{name: "integer above 255", data: idx(0x0c, int32(256), 1, 1, 1), want: []string{"the pixel 256 in image 0"}},
		{name: "integer below 0", data: idx(0x0c, int32(-1), 1, 1, 1), want: []string{"the pixel -1 in image 0"}},
		{name: "page", data: []byte("<!DOCTYPE html><title>404</title>"), want: []string{"HTML", "mirror"}},
		{name: "pointer", data: []byte("version https://git-lfs.github.com/spec/v1"),
			want: []string{"Git LFS pointer", "git lfs pull"}},
		{name: "zip", data: []byte("PK\x03\x04 and more than sixteen bytes"), want: []string{"zip archive", "unpack"}},
		{name: "noise", data: []byte("\x7fELF and more than sixteen bytes"), want: []string{"7f 45 4c 46", "not IDX"}},
		{name: "no images", data: header(0, 28, 28), want: []string{"empty dimension"}},
		{name: "absurd", data: header(1<<20, 1<<10, 2), want: []string{"more than 2^30 values"}},
		{name: "overflow", data: header(1<<31, 1<<31, 4), want: []string{"more than 2^30 values"}},
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
	assert.ErrorContains(t, WriteImages(io.Discard, grey(2, 2, 2, make([]uint8, 7)), true),
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
