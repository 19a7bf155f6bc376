package datasets

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxPNG is the largest side of a PNG image: a small file may announce one that fills the memory.
const maxPNG = 4096

// openPNG reads a folder of PNG images: training images in train and test images in test, or all of them together. In
// each, images lie side by side, or every class in a folder of its own, whose name is the label if all names are
// numbers from 0 to 255, and else its place among the names. It returns nil where there are no images.
func openPNG(ctx context.Context, dir, name string) (*Split, error) {
	roots := []string{filepath.Join(dir, "train"), filepath.Join(dir, "test")}
	for _, root := range roots {
		if _, err := os.Stat(root); err != nil {
			roots = []string{dir}
			break
		}
	}
	var parts []*part
	var folders [][]string // of every image of a part
	for _, root := range roots {
		found, err := listPNG(root)
		if err != nil || found == nil {
			return nil, err
		}
		p := &part{imagesFile: root, labelsFile: root, images: &Images{N: len(found)}}
		for _, file := range found {
			path := filepath.Join(root, file)
			if err := read(ctx, openFile, path, func(r io.Reader) error { return p.images.addPNG(r, path) }); err != nil {
				return nil, err
			}
		}
		parts, folders = append(parts, p), append(folders, found)
	}
	label, err := folderLabels(dir, slices.Concat(folders...))
	if err != nil {
		return nil, err
	}
	for i, p := range parts {
		for _, file := range folders[i] {
			if label != nil {
				p.labels = append(p.labels, label[filepath.Dir(file)])
			}
		}
	}
	return splitOf(name, "PNG images of the folder "+name, parts[0], append(parts, nil)[1])
}

// listPNG returns the images in dir or, where there are none, in the folders in it, in the order of their names.
func listPNG(dir string) (found []string, err error) {
	for _, pattern := range []string{"*", "*/*"} {
		names, err := fs.Glob(os.DirFS(dir), pattern)
		if err != nil {
			return nil, fmt.Errorf("datasets: %w", err)
		}
		for _, name := range names {
			if strings.EqualFold(filepath.Ext(name), ".png") {
				found = append(found, name)
			}
		}
		if found != nil {
			break
		}
	}
	return found, nil
}

// folderLabels are the labels of the folders that the files of the folder dir are in; nil where they are in none.
func folderLabels(dir string, found []string) (map[string]uint8, error) {
	byName := map[string]uint8{}
	var names []string
	numbers := true
	for _, file := range found {
		names = append(names, filepath.Dir(file))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if slices.Contains(names, ".") {
		return nil, nil
	}
	if len(names) > 256 {
		return nil, &FormatError{dir, plural(len(names), "folder") + " of images", "256 at most, one a class",
			"leave some out"}
	}
	for _, name := range names {
		y, err := strconv.ParseUint(name, 10, 8)
		byName[name], numbers = uint8(y), numbers && err == nil
	}
	for i, name := range names {
		if !numbers {
			byName[name] = uint8(i)
		}
	}
	return byName, nil
}

// addPNG reads an image, which must be of the size of those before it, and appends its grey values.
func (im *Images) addPNG(r io.Reader, file string) error {
	data, err := io.ReadAll(io.LimitReader(r, 4*maxPNG*maxPNG))
	if err != nil {
		return fmt.Errorf("datasets: reading %s: %w", file, err)
	}
	e := &FormatError{File: file, Want: "a PNG image", Try: "convert it, or leave it out"}
	size, err := png.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil:
		e.Found = err.Error()
		return e
	case im.Pixels == nil:
		im.Rows, im.Cols = size.Height, size.Width
		if err := fits(im.N*im.Rows*im.Cols, file); err != nil {
			return err
		}
	}
	if size.Height != im.Rows || size.Width != im.Cols || max(im.Rows, im.Cols) > maxPNG {
		e.Found = fmt.Sprintf("an image of %d x %d", size.Height, size.Width)
		e.Want = fmt.Sprintf("%d x %d as those before it, and %d at most", im.Rows, im.Cols, maxPNG)
		e.Try = "scale it"
		return e
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		e.Found = err.Error()
		return e
	}
	for y := range im.Rows {
		for x := range im.Cols {
			grey := color.Gray16Model.Convert(picture.At(x, y)).(color.Gray16)
			im.Pixels = append(im.Pixels, float32(grey.Y)/math.MaxUint16)
		}
	}
	return nil
}
