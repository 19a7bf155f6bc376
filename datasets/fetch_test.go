package datasets

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	verify always succeeds                       TestFetchWrongChecksum, TestFetchRepairsCache
//	temporary file left behind                   TestFetchFailures (leftovers)
//	written straight to its final name           TestFetch
//	first failure ends the fetch                 TestFetchNextMirror
//	cancellation tries the next mirror           TestFetchCancelled
//	no watchdog                                  TestFetchStalled
//	checksum of the compressed bytes             TestFetch, TestFetchDecompressedBytesCount
//	Mirrors does not override the environment    TestFetchMirrorFromEnvironment

// served is a small set with a mirror of it.
type served struct {
	remote
	split   *Split
	content map[string][]byte // by file name, gzip
}

func serve(t *testing.T) *served {
	s := &served{split: smallSplit(40, 10), content: map[string][]byte{}}
	s.remote = remote{name: "tiny", origin: "made for a test", stall: 10 * time.Second}
	dir := writeFolder(t, s.split)
	for i, file := range files {
		data, err := os.ReadFile(filepath.Join(dir, file+".gz"))
		require.NoError(t, err)
		r, err := gunzip(bytes.NewReader(data))
		require.NoError(t, err)
		sum := sha256.New()
		_, err = io.Copy(sum, r)
		require.NoError(t, err)
		s.sums[i] = fmt.Sprintf("%x", sum.Sum(nil))
		s.content[file+".gz"] = data
	}
	return s
}

// mirror serves the content under every folder and counts the requests.
func (s *served) mirror(t *testing.T) (*httptest.Server, *atomic.Int64) {
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		data, ok := s.content[filepath.Base(r.URL.Path)]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data)
	}))
	t.Cleanup(server.Close)
	return server, &requests
}

func handle(t *testing.T, h http.HandlerFunc) string {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// leftovers lists everything in the cache of the set.
func (s *served) leftovers(t *testing.T, cache string) []string {
	entries, err := os.ReadDir(filepath.Join(cache, s.name))
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFetch(t *testing.T) {
	s := serve(t)
	server, requests := s.mirror(t)
	last := map[string][2]int64{}
	cache := t.TempDir()
	o := Options{CacheDir: cache, Mirrors: []string{server.URL}, Progress: func(file string, done, total int64) {
		assert.Greater(t, done, last[file][0], "progress goes forward")
		assert.NoFileExists(t, filepath.Join(cache, s.name, file), "a file takes its name when it is whole")
		last[file] = [2]int64{done, total}
	}}
	got, err := s.open(context.Background(), o)
	require.NoError(t, err)
	assert.Equal(t, s.split.Train.X, got.Train.X)
	assert.Equal(t, s.split.Test.Labels, got.Test.Labels)
	assert.Equal(t, "tiny", got.Train.Name)
	assert.Equal(t, "made for a test", got.Test.Origin)
	require.Len(t, last, 4)
	for file, p := range last {
		size := int64(len(s.content[file]))
		assert.Equal(t, [2]int64{size, size}, p, file)
	}
	assert.Len(t, s.leftovers(t, o.CacheDir), 4)

	// The second time nothing is fetched.
	before := requests.Load()
	require.EqualValues(t, 4, before)
	_, err = s.open(context.Background(), o)
	require.NoError(t, err)
	assert.Equal(t, before, requests.Load())
}

func TestFetchRepairsCache(t *testing.T) {
	s := serve(t)
	server, requests := s.mirror(t)
	o := Options{CacheDir: t.TempDir(), Mirrors: []string{server.URL}}
	_, err := s.open(context.Background(), o)
	require.NoError(t, err)
	path := filepath.Join(o.CacheDir, s.name, files[0]+".gz")
	require.NoError(t, os.Truncate(path, 30))
	require.NoError(t,
		os.WriteFile(filepath.Join(o.CacheDir, s.name, files[3]), encodeLabels(t, make([]uint8, 10), false), 0o600))
	got, err := s.open(context.Background(), o)
	require.NoError(t, err)
	assert.Equal(t, s.split.Train.X, got.Train.X)
	assert.Equal(t, s.split.Test.Labels, got.Test.Labels, "a wrong file of another spelling is not read instead")
	assert.EqualValues(t, 6, requests.Load())
}

// A mirror that stores the files decompressed, or decompresses on the way, is as good.
func TestFetchDecompressedBytesCount(t *testing.T) {
	s := serve(t)
	for file, data := range s.content {
		r, err := gunzip(bytes.NewReader(data))
		require.NoError(t, err)
		s.content[file], err = io.ReadAll(r)
		require.NoError(t, err)
	}
	server, _ := s.mirror(t)
	_, err := s.open(context.Background(), Options{CacheDir: t.TempDir(), Mirrors: []string{server.URL}})
	require.NoError(t, err)
}

func TestFetchNextMirror(t *testing.T) {
	s := serve(t)
	good, _ := s.mirror(t)
	bad := handle(t, http.NotFound)
	o := Options{CacheDir: t.TempDir(), Mirrors: []string{bad, good.URL + "/"}}
	_, err := s.open(context.Background(), o)
	require.NoError(t, err)
	assert.Len(t, s.leftovers(t, o.CacheDir), 4)
}

func TestFetchMirrorFromEnvironment(t *testing.T) {
	s := serve(t)
	good, requests := s.mirror(t)
	t.Setenv(mirrorVariable, handle(t, http.NotFound)+" , "+good.URL)
	_, err := s.open(context.Background(), Options{CacheDir: t.TempDir()})
	require.NoError(t, err)
	require.EqualValues(t, 4, requests.Load())

	_, err = s.open(context.Background(), Options{CacheDir: t.TempDir(), Mirrors: []string{handle(t, http.NotFound)}})
	require.ErrorContains(t, err, "404")
	assert.EqualValues(t, 4, requests.Load(), "Options.Mirrors goes before the environment")
}

func TestPublicMirrors(t *testing.T) {
	t.Setenv(mirrorVariable, "")
	for _, r := range []remote{mnist, fashion} {
		bases := r.bases(Options{})
		require.Len(t, bases, 2)
		for i, base := range bases {
			assert.Regexp(t, `^https?://.*/$`, base)
			assert.Len(t, r.sums[i], 64)
		}
	}
	assert.Equal(t, []string{"http://a/mnist/", "http://a/"}, mnist.bases(Options{Mirrors: []string{"http://a"}}))
}

func TestFetchWrongChecksum(t *testing.T) {
	s := serve(t)
	server, _ := s.mirror(t)
	want := strings.Repeat("0", 64)
	got := s.sums[2]
	s.sums[2] = want
	o := Options{CacheDir: t.TempDir(), Mirrors: []string{server.URL}}
	_, err := s.open(context.Background(), o)
	var ce *ChecksumError
	require.ErrorAs(t, err, &ce)
	assert.Equal(t, ChecksumError{File: server.URL + "/tiny/" + files[2] + ".gz", Got: got, Want: want}, *ce)
	for _, part := range []string{files[2], got, want} {
		assert.ErrorContains(t, err, part)
	}
	assert.Equal(t, []string{files[0] + ".gz", files[1] + ".gz"}, s.leftovers(t, o.CacheDir), "the wrong file is not kept")
}

func TestFetchFailures(t *testing.T) {
	s := serve(t)
	whole := s.content[files[0]+".gz"]
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	half := func(w http.ResponseWriter, _ *http.Request) { w.Write(whole[:len(whole)/2]) }
	page := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>sign in</html>") }
	for _, c := range []struct{ name, mirror, want string }{
		{name: "missing", mirror: handle(t, http.NotFound), want: "404 Not Found"},
		{name: "offline", mirror: closed.URL, want: "refused"},
		{name: "no such scheme", mirror: "gopher://x", want: "gopher"},
		{name: "connection cut", mirror: handle(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
			half(w, nil)
		}), want: "unexpected EOF"},
		{name: "file cut", mirror: handle(t, half), want: "cut short"},
		{name: "page", mirror: handle(t, page), want: "SHA-256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{CacheDir: t.TempDir(), Mirrors: []string{c.mirror}}
			_, err := s.open(context.Background(), o)
			require.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "could not fetch "+files[0]+" of tiny")
			assert.ErrorContains(t, err, "by hand")
			assert.ErrorContains(t, err, "path of their folder")
			assert.Empty(t, s.leftovers(t, o.CacheDir), "nothing half-written is left")
		})
	}
}

func TestFetchCancelled(t *testing.T) {
	s := serve(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	data := s.content[files[0]+".gz"]
	slow := handle(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:10])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	second, requests := s.mirror(t)
	o := Options{
		CacheDir: t.TempDir(), Mirrors: []string{slow, second.URL}, Progress: func(string, int64, int64) { cancel() },
	}
	_, err := s.open(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, requests.Load(), "no other mirror is tried")
	assert.NotContains(t, err.Error(), "by hand", "the user knows why")
	assert.Empty(t, s.leftovers(t, o.CacheDir))
}

func TestFetchStalled(t *testing.T) {
	s := serve(t)
	s.stall = 50 * time.Millisecond
	silent := handle(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	drip := handle(t, func(w http.ResponseWriter, r *http.Request) { // a byte now and then is no download
		for r.Context().Err() == nil {
			w.Write([]byte{0})
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	})
	good, _ := s.mirror(t)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := s.open(ctx, Options{CacheDir: t.TempDir(), Mirrors: []string{silent}})
	require.ErrorIs(t, err, errSlow)
	assert.ErrorContains(t, err, "0 bytes arrived in 50ms")
	_, err = s.open(ctx, Options{CacheDir: t.TempDir(), Mirrors: []string{drip}})
	require.ErrorIs(t, err, errSlow)
	s.stall = 2 * time.Second
	_, err = s.open(context.Background(), Options{CacheDir: t.TempDir(), Mirrors: []string{good.URL}})
	require.NoError(t, err)
}

func TestCacheCannotBeMade(t *testing.T) {
	s := serve(t)
	blocked := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(blocked, nil, 0o600))
	_, err := s.open(context.Background(), Options{CacheDir: blocked})
	assert.ErrorContains(t, err, "set Options.CacheDir")
}

// The published checksums of the full set, and that the embedded sample is a part of it. It needs the four files in
// the folder that MNIST_FOLDER names.
func TestFullMNIST(t *testing.T) {
	folder := os.Getenv("MNIST_FOLDER")
	if folder == "" {
		t.Skip("MNIST_FOLDER is not set")
	}
	mirror := handle(t, http.FileServer(http.Dir(folder)).ServeHTTP)
	full, err := Open(context.Background(), "mnist", &Options{CacheDir: t.TempDir(), Mirrors: []string{mirror}})
	require.NoError(t, err)
	assert.Equal(t, 60000, full.Train.Len())
	assert.Equal(t, 10000, full.Test.Len())
	part, err := Open(context.Background(), "mnist-sample", nil)
	require.NoError(t, err)
	for _, pair := range [][2]*Dataset{{full.Train, part.Train}, {full.Test, part.Test}} {
		known := map[string]int{}
		for _, row := range labelled(pair[0]) {
			known[row]++
		}
		for i, row := range labelled(pair[1]) {
			require.Positive(t, known[row], "row %d is not in the full set, or more often than there", i)
			known[row]--
		}
	}
}

// labelled returns each image as a string of its label and its pixels.
func labelled(d *Dataset) []string {
	rows := make([]string, d.Len())
	for i := range rows {
		rows[i] = fmt.Sprint(d.Labels[i], d.Row(i))
	}
	return rows
}
