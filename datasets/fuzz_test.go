package datasets

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever the bytes: no panic, an error in one line, and what is accepted has as many values as it says, all from 0 to
// 1, and is written and read again as the same.
func holds(t *testing.T, im *Images, err error) {
	if err != nil {
		require.NotContains(t, err.Error(), "\n")
		return
	}
	require.Len(t, im.Pixels, im.N*im.Rows*im.Cols)
	first, err := im.bytes()
	require.NoError(t, err)
	again, err := ReadImages(bytes.NewReader(encodeImages(t, im, false)), "f")
	require.NoError(t, err)
	second, err := again.bytes()
	require.NoError(t, err)
	if bytes.ContainsFunc(first, func(b rune) bool { return b > 1 }) { // else it may be read as bits
		require.Equal(t, first, second)
	}
}

func FuzzReadIDX(f *testing.F) {
	images := grey(2, 1, 2, []uint8{0, 1, 128, 255})
	for _, compress := range []bool{false, true} {
		f.Add(encodeImages(f, images, compress))
		f.Add(encodeLabels(f, []uint8{0, 9, 255}, compress))
	}
	f.Add(idx(0x0d, images.Pixels, 2, 1, 2))
	f.Add(idx(0x0c, []int32{0, 1, 1, 0}, 1, 2, 2))
	f.Add(idx(0x0c, make([]int32, 16), 2, 8))
	f.Add(append(encodeImages(f, images, true), 0, 0))
	f.Add(append(encodeImages(f, images, true), encodeImages(f, images, true)...))
	f.Add(gzipped(f, encodeImages(f, images, true)))
	f.Add([]byte{0, 0, 8, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0, 0, 8, 4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3})
	f.Add([]byte{0, 0, 8, 1, 0, 0, 0, 2, 1})
	f.Add([]byte{0x1f, 0x8b, 8})
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		im, err := ReadImages(bytes.NewReader(data), "f")
		holds(t, im, err)
		labels, err := ReadLabels(bytes.NewReader(data), "f")
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		again, err := ReadLabels(bytes.NewReader(encodeLabels(t, labels, false)), "f")
		require.NoError(t, err)
		require.Equal(t, labels, again)
	})
}

func FuzzReadNPY(f *testing.F) {
	little := binary.LittleEndian
	f.Add(npy("|u1", little, []uint8{0, 1, 128, 255}, "2, 1, 2"))
	f.Add(npy(">f4", binary.BigEndian, []float32{0, 1, 0.5, 0.25}, "2, 1, 2"))
	f.Add(npy("<i8", little, []int64{1, 2}, "2,"))
	f.Add(npy("|u1", little, []uint8{1}, "99999999999999999999, 1, 1"))
	f.Add(npy("|b99999999999999999999", little, []uint8{1}, "1, 1, 1"))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"))
	f.Add([]byte("\x93NUMPY\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := readNPY(bytes.NewReader(data), "f", 3)
		var im *Images
		if err == nil {
			im, err = a.images()
		}
		holds(t, im, err)
		a, err = readNPY(bytes.NewReader(data), "f", 1)
		if err == nil {
			_, err = a.labels()
		}
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
		}
	})
}

func FuzzReadPNG(f *testing.F) {
	f.Add(paint(f, 2, 0))
	f.Add(paint(f, 3, 200))
	f.Add(paint(f, 3, 200)[:40])
	f.Add([]byte("none"))
	f.Fuzz(func(t *testing.T, data []byte) {
		im := &Images{N: 1}
		holds(t, im, im.addPNG(bytes.NewReader(data), "f"))
	})
}
