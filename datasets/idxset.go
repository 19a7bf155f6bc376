package datasets

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// spelling is how the files are called: as MNIST's, also with a dot before idx, and as EMNIST's and QMNIST's, which put
// the name of a set before it (emnist-letters-train-images-idx3-ubyte) and call the test set so.
var spelling = regexp.MustCompile(`^(?:(.+)-)?(train|t10k|test)-(images|labels)[-.]idx\d-\w+(?:\.gz)?$`)

// idxSet are the files of one set: training images and labels, test images and labels, in this order.
type idxSet [4]string

// listIDX returns the sets of IDX files in a folder by the names that stand before those of their files.
func listIDX(dir string) (map[string]*idxSet, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	sets := map[string]*idxSet{}
	for _, e := range entries {
		m := spelling.FindStringSubmatch(e.Name())
		if m == nil || e.IsDir() {
			continue
		}
		if sets[m[1]] == nil {
			sets[m[1]] = new(idxSet)
		}
		i := 0
		if m[2] != "train" {
			i = 2
		}
		if m[3] == "labels" {
			i++
		}
		if sets[m[1]][i] == "" { // a plain file goes before a compressed one
			sets[m[1]][i] = filepath.Join(dir, e.Name())
		}
	}
	return sets, nil
}

// open reads the set, found at path. Labels may be missing, of both parts.
func (s *idxSet) open(ctx context.Context, path, name string) (*Split, error) {
	var missing []string
	for i, file := range s {
		if file == "" && (i%2 == 0 || s[1] != s[3]) {
			missing = append(missing, files[i])
		}
	}
	if missing != nil {
		return nil, &FormatError{path, "no " + strings.Join(missing, ", no "), "IDX files of training and test images, and " +
			"of both labels or none", "add what is missing, plain or with .gz at the end"}
	}
	return readSplit(ctx, openFile, *s, name, "IDX files of the folder "+name)
}

// readSplit reads train images, train labels, test images and test labels; those without a path are not there.
func readSplit(ctx context.Context, open opener, paths [4]string, name, origin string) (*Split, error) {
	var parts [2]*part
	for i := range parts {
		p := &part{imagesFile: paths[2*i], labelsFile: paths[2*i+1]}
		err := read(ctx, open, p.imagesFile, func(r io.Reader) (err error) {
			p.images, err = ReadImages(r, p.imagesFile)
			return err
		})
		if err == nil && p.labelsFile != "" {
			err = read(ctx, open, p.labelsFile, func(r io.Reader) (err error) {
				p.labels, err = ReadLabels(r, p.labelsFile)
				return err
			})
		}
		if err != nil {
			return nil, err
		}
		parts[i] = p
	}
	return splitOf(name, origin, parts[0], parts[1])
}
