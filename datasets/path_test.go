package datasets

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	byte order of the header's type ignored      TestReadNPY
//	files of several sets taken for one          TestNamedSets
//	an image lost between the two parts          TestArrays
//	labels from the names of images              TestPNG
//	numbers as folder names ignored              TestPNG
//	only training labels counted                 TestClasses
//	any label far off is a class                 TestClasses
//	pipes opened                                 TestOnlyRegularFiles

func put(t testing.TB, dir, name string, data []byte) {
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, data, 0o600))
}

// npy is an .npy file.
func npy(descr string, order binary.ByteOrder, elements any, shape string) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", descr, shape)
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	binary.Write(&b, binary.LittleEndian, uint16(len(header)))
	b.WriteString(header)
	binary.Write(&b, order, elements)
	return b.Bytes()
}

// npz is an archive of files by their names.
func npz(t testing.TB, content map[string][]byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range content {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = w.Write(data)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func TestReadNPY(t *testing.T) {
	little, big := binary.LittleEndian, binary.BigEndian
	bytes8 := []uint8{0, 51, 255, 102}
	want := grey(1, 2, 2, bytes8)
	for name, data := range map[string][]byte{
		"u1":  npy("|u1", little, bytes8, "1, 2, 2"),
		"i4":  npy("<i4", little, []int32{0, 51, 255, 102}, "1, 2, 2"),
		"i8":  npy("<i8", little, []int64{0, 51, 255, 102}, "1,2,2,"),
		"f4":  npy("<f4", little, want.Pixels, "1, 2, 2"),
		"f4b": npy(">f4", big, want.Pixels, "1, 2, 2"),
		"f8":  npy("<f8", little, []float64{0, 0.2, 1, 0.4}, "1, 2, 2"),
	} {
		a, err := readNPY(bytes.NewReader(data), name, 3)
		require.NoError(t, err, name)
		got, err := a.images()
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
	a, err := readNPY(bytes.NewReader(npy("|b1", little, []bool{false, true}, "1, 1, 2")), "bool", 3)
	require.NoError(t, err)
	bits, err := a.images()
	require.NoError(t, err)
	assert.Equal(t, []float32{0, 1}, bits.Pixels)

	a, err = readNPY(bytes.NewReader(npy("|u1", little, bytes8, "2, 2")), "rows", 3)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 1, 2}, a.shape, "a row an example")

	good := npy("|u1", little, bytes8, "1, 2, 2")
	for want, data := range map[string][]byte{
		"found 3 bytes":                          good[:3],
		"found 5 bytes of a header":              good[:15],
		"found 3 bytes of data, expected 4":      good[:len(good)-1],
		"found bytes after the data":             append(bytes.Clone(good), 0),
		"colour images":                          npy("|u1", little, make([]uint8, 12), "1, 2, 2, 3"),
		"found an array of one dimension":        npy("|u1", little, bytes8, "4"),
		"in C order":                             bytes.Replace(good, []byte("False"), []byte("True "), 1),
		"4 or 8 bytes":                           npy("<f2", little, make([]uint16, 4), "1, 2, 2"),
		"found a header that announces":          npy("|u1", little, bytes8, "9999999999, 2, 2"),
		"found an empty dimension":               npy("|u1", little, bytes8, "0, 2, 2"),
		"an array of NumPy, version 1 to 3":      []byte("PK\x03\x04 something else"),
		"found the header \"{'descr': '|O', 'fo": npy("|O", little, bytes8, "4"),
	} {
		_, err := readNPY(bytes.NewReader(data), "f", 3)
		var fe *FormatError
		require.ErrorAs(t, err, &fe, want)
		assert.ErrorContains(t, err, want)
	}
}

func TestArrays(t *testing.T) {
	little := binary.LittleEndian
	images := func(n int) []byte {
		x := make([]uint8, 4*n)
		for i := range x {
			x[i] = uint8(i / 4 * 10)
		}
		return npy("|u1", little, x, fmt.Sprintf("%d, 2, 2", n))
	}
	labels := func(n int) []byte {
		y := make([]int64, n)
		for i := range y {
			y[i] = int64(i % 3)
		}
		return npy("<i8", little, y, fmt.Sprintf("%d,", n))
	}
	keras := map[string][]byte{
		"x_train.npy": images(12), "y_train.npy": labels(12), "x_test.npy": images(3), "y_test.npy": labels(3),
	}
	dir := t.TempDir()
	put(t, dir, "keras.npz", npz(t, keras))
	put(t, dir, "one.npy", images(12))
	put(t, dir, "pair.npz", npz(t, map[string][]byte{"images.npy": images(12), "labels.npy": labels(12)}))
	for name, data := range keras {
		put(t, dir, "folder/"+strings.Replace(name, "_", "-", 1), data)
	}
	for path, want := range map[string]struct{ train, test int }{
		"keras.npz": {12, 3}, "folder": {12, 3}, "one.npy": {10, 2}, "pair.npz": {10, 2},
	} {
		t.Run(path, func(t *testing.T) {
			s, err := Open(context.Background(), filepath.Join(dir, path), nil)
			require.NoError(t, err)
			assert.Equal(t, want.train, s.Train.Len())
			assert.Equal(t, want.test, s.Test.Len())
			seen := map[float32]bool{}
			for _, d := range []*Dataset{s.Train, s.Test} {
				for i := range d.Len() {
					seen[d.Row(i)[0]] = true
					if d.Labels != nil {
						assert.Equal(t, int(d.Row(i)[0]*25.5+.5)%3, int(d.Labels[i]), "labels stay with their images")
					}
				}
			}
			assert.Len(t, seen, 12, "no image is lost")
			assert.Equal(t, path == "one.npy", s.Train.Labels == nil)
		})
	}
	put(t, dir, "odd.npz", npz(t, map[string][]byte{"a.npy": images(2), "b.npy": images(2)}))
	put(t, dir, "not.npz", []byte("no archive"))
	put(t, dir, "short.npz", npz(t, map[string][]byte{"x.npy": images(12), "y.npy": labels(11)}))
	for path, want := range map[string]string{
		"odd.npz": "found the arrays a.npy, b.npy", "not.npz": "an .npz archive",
		"short.npz": "found 11 labels, expected 12, one for each image of",
	} {
		_, err := Open(context.Background(), filepath.Join(dir, path), nil)
		require.ErrorContains(t, err, want)
	}
}

// paint is a PNG image of one grey value.
func paint(t testing.TB, side int, value uint8) []byte {
	im := image.NewGray(image.Rect(0, 0, side, side))
	for i := range im.Pix {
		im.Pix[i] = value
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, im))
	return b.Bytes()
}

func TestPNG(t *testing.T) {
	ctx, root := context.Background(), t.TempDir()
	for _, class := range []int{2, 9, 10} {
		for i := range 4 {
			put(t, root, fmt.Sprintf("numbered/train/%d/%d.png", class, i), paint(t, 2, uint8(10*class)))
		}
		put(t, root, fmt.Sprintf("numbered/test/%d/x.PNG", class), paint(t, 2, uint8(10*class)))
	}
	s, err := Open(ctx, filepath.Join(root, "numbered"), nil)
	require.NoError(t, err)
	assert.Equal(t, 12, s.Train.Len())
	assert.Equal(t, []uint8{2, 9, 10}, s.Test.Classes)
	for i, y := range s.Train.Labels {
		assert.Equal(t, []float32{float32(10*y) / 255, float32(10*y) / 255}, s.Train.Row(i)[:2])
	}

	for i, name := range []string{"cat", "dog"} {
		for k := range 6 {
			put(t, root, fmt.Sprintf("named/%s/%d.png", name, k), paint(t, 3, uint8(100+i)))
		}
	}
	s, err = Open(ctx, filepath.Join(root, "named"), nil)
	require.NoError(t, err)
	assert.Equal(t, [2]int{10, 2}, [2]int{s.Train.Len(), s.Test.Len()})
	for i, y := range s.Train.Labels {
		assert.Equal(t, float32(100+y)/255, s.Train.Row(i)[0])
	}

	for k := range 6 {
		put(t, root, fmt.Sprintf("flat/%d.png", k), paint(t, 2, 7))
	}
	s, err = Open(ctx, filepath.Join(root, "flat"), nil)
	require.NoError(t, err)
	assert.Nil(t, s.Train.Labels)

	colour := image.NewRGBA(image.Rect(0, 0, 2, 2))
	colour.Set(0, 0, color.White)
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, colour))
	for want, data := range map[string][]byte{
		"found an image of 3 x 3, expected 2 x 2": paint(t, 3, 0), "expected a PNG image": []byte("none"),
		"unexpected EOF": b.Bytes()[:b.Len()-20],
	} {
		put(t, root, "flat/6.png", data)
		_, err := Open(ctx, filepath.Join(root, "flat"), nil)
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, "6.png")
	}
}

// IDX files as EMNIST and QMNIST call them, several sets in a folder; labels may be missing.
func TestNamedSets(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	set := func(prefix string, train, test int, suffix string) {
		for _, p := range []struct {
			name string
			n    int
		}{{"train", train}, {"test", test}} {
			d := small(p.n, 2, 2)
			images := &Images{N: p.n, Rows: 2, Cols: 2, Pixels: d.X}
			put(t, dir, prefix+p.name+"-images-idx3-ubyte.gz", encodeImages(t, images, true))
			if suffix != "" {
				put(t, dir, prefix+p.name+"-labels-"+suffix, encodeLabels(t, make([]uint8, p.n), false))
			}
		}
	}
	set("emnist-letters-", 6, 3, "idx1-ubyte.gz")
	s, err := Open(ctx, dir, nil)
	require.NoError(t, err)
	assert.Equal(t, [2]int{6, 3}, [2]int{s.Train.Len(), s.Test.Len()})
	set("qmnist-", 5, 2, "idx2-int")
	_, err = Open(ctx, dir, nil)
	require.ErrorContains(t, err, "several sets; name one of "+dir+"/emnist-letters, "+dir+"/qmnist")
	s, err = Open(ctx, dir+"/qmnist", nil)
	require.NoError(t, err)
	assert.Equal(t, [2]int{5, 2}, [2]int{s.Train.Len(), s.Test.Len()})

	dir = t.TempDir()
	set("", 4, 2, "")
	s, err = Open(ctx, dir, nil)
	require.NoError(t, err)
	assert.Nil(t, s.Train.Labels)
	_, err = s.Train.WithLabels()
	assert.ErrorContains(t, err, "0 labels for 4 examples")
}

// A file that might never end is not opened.
func TestOnlyRegularFiles(t *testing.T) {
	dir := writeFolder(t, smallSplit(3, 2))
	pipe := filepath.Join(dir, files[2]+".gz")
	require.NoError(t, os.Remove(pipe))
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	single := filepath.Join(t.TempDir(), "x.npy")
	require.NoError(t, syscall.Mkfifo(single, 0o600))
	pictures := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(pictures, "0.png"), 0o600))
	for _, path := range []string{dir, single, pictures} {
		done := make(chan error)
		go func() {
			_, err := Open(context.Background(), path, nil)
			done <- err
		}()
		select {
		case err := <-done:
			assert.ErrorContains(t, err, "is not a regular file")
		case <-time.After(5 * time.Second):
			t.Fatal("reading a pipe does not end")
		}
	}
}

// Classes are the labels that there are, and one that is far off is a fault of its file.
func TestClasses(t *testing.T) {
	folder := func(train, test []uint8) (*Split, error) {
		s := &Split{Train: small(len(train), 2, 2), Test: small(len(test), 2, 2)}
		s.Train.Labels, s.Test.Labels = train, test
		return Open(context.Background(), writeFolder(t, s), nil)
	}
	cycle := func(n, from, classes int) (labels []uint8) {
		for i := range n {
			labels = append(labels, uint8(from+i%classes))
		}
		return labels
	}
	for _, c := range []struct{ from, classes int }{{0, 10}, {0, 47}, {1, 26}, {3, 1}, {0, 62}} {
		s, err := folder(cycle(130, c.from, c.classes), cycle(20, c.from, c.classes))
		require.NoError(t, err)
		assert.Len(t, s.Train.Classes, c.classes)
		d, err := s.Train.WithLabels()
		require.NoError(t, err)
		assert.Equal(t, float32(0), d.Row(0)[4])
		assert.Equal(t, float32(min(c.classes-1, 129)), d.Row(c.classes - 1)[4])
	}
	s, err := folder([]uint8{3, 8, 3}, []uint8{9})
	require.NoError(t, err)
	assert.Equal(t, []uint8{3, 8, 9}, s.Train.Classes)
	assert.Equal(t, []uint8{0, 1, 0}, s.Train.ClassIndices())
	assert.Equal(t, []uint8{2}, s.Test.ClassIndices())

	stray := cycle(30, 0, 10)
	stray[17] = 77
	_, err = folder(stray, cycle(10, 0, 10))
	require.ErrorContains(t, err, files[1]+".gz: found the label 77 in row 17, which no other example has, expected "+
		"labels from 0 to 9")
	_, err = folder(cycle(40, 0, 10), append(cycle(10, 0, 10), 255))
	require.ErrorContains(t, err, files[3]+".gz: found the label 255 in row 10")
	_, err = folder([]uint8{0, 9}, []uint8{5})
	require.NoError(t, err, "of few examples each label may be alone")
}

func TestRemarks(t *testing.T) {
	of := func(x []float32, labels ...uint8) *Dataset {
		return &Dataset{Name: "d", Rows: 1, Cols: 2, X: x, Labels: labels}
	}
	good := of([]float32{0, 1, 1, 0}, 0, 1)
	for want, s := range map[string]*Split{
		"": {Train: good, Test: good},
		"every value of the 2 training examples is 0": {Train: of([]float32{0, 0, 0, 0}, 0, 1), Test: good},
		"all 2 held-out examples are the same":        {Train: good, Test: of([]float32{0, 1, 0, 1}, 0, 1)},
		"the labels of all 2 training examples are 7": {Train: of([]float32{0, 1, 1, 0}, 7, 7), Test: good},
	} {
		remarks, err := s.Remarks(true)
		require.NoError(t, err)
		assert.Equal(t, want, strings.Join(remarks, "; "))
	}
	nan := good.Subset([]int{0, 1})
	nan.X[3] /= nan.X[3]
	_, err := (&Split{Train: good, Test: nan}).Remarks(false)
	assert.ErrorContains(t, err, "held-out example 1 of d holds NaN")
}

// Of what the system says, the numbers are found; data that do not fit are named with what they take.
func TestMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "stat")
	require.NoError(t, os.WriteFile(file, []byte("anon 7\ninactive_file 5\nactive_file 3\nmax\n"), 0o600))
	for name, want := range map[string]float64{"\nactive_file": 3, "anon": 7, "\ninactive_file": 5} {
		got, ok := numberAfter(file, name)
		assert.True(t, ok)
		assert.Equal(t, want, got)
	}
	for _, name := range []string{"file", "max", "none"} {
		_, ok := numberAfter(file, name+" ")
		assert.Equal(t, name == "file", ok)
	}
	_, ok := numberAfter(file+"s", "")
	assert.False(t, ok)
	if FreeMemory() == 0 {
		t.Skip("the system does not say how much memory is free")
	}
	require.NoError(t, fits(1000, "f"))
	assert.ErrorContains(t, fits(1<<58, "f"), "f: found 2.882e+17 values, which take 2.31e+09 GB with a copy, expected no")
}
