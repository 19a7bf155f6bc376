package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// load reads the images, scaled to [0, 1], and the labels of one part of MNIST ("train" or "t10k").
func load(dir, part string) (images []float32, labels []byte, err error) {
	raw, err := idx(filepath.Join(dir, part+"-images-idx3-ubyte.gz"), 16)
	if err != nil {
		return nil, nil, err
	}
	labels, err = idx(filepath.Join(dir, part+"-labels-idx1-ubyte.gz"), 8)
	if err != nil {
		return nil, nil, err
	}
	if len(raw) != len(labels)*pixels {
		return nil, nil, fmt.Errorf("%d pixels do not make %d images", len(raw), len(labels))
	}
	images = make([]float32, len(raw))
	for i, p := range raw {
		images[i] = float32(p) / 255
	}
	return images, labels, nil
}

// idx returns the content of a gzip-compressed IDX file behind its header.
func idx(path string, header int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	content, err := io.ReadAll(z)
	if err != nil || len(content) < header {
		return nil, fmt.Errorf("%s: %d bytes: %w", path, len(content), err)
	}
	return content[header:], nil
}
