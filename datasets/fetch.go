package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// mirrorVariable is the environment variable that replaces the public mirrors.
const mirrorVariable = "CALORIMETER_MIRROR"

// maxDownload is where a fetch is given up, in bytes: far above the largest file fetched, 26 MB.
const maxDownload = 1 << 28

// remote is a set of four IDX files on public mirrors.
type remote struct {
	name, origin string
	mirrors      []string
	sums         [4]string     // SHA-256 of the decompressed files
	stall        time.Duration // after which a mirror is given up that sent nothing, or hardly anything
}

var mnist = remote{
	name:   "mnist",
	origin: "MNIST, by Yann LeCun, Corinna Cortes and Christopher J. C. Burges, CC BY-SA 3.0",
	mirrors: []string{
		"https://ossci-datasets.s3.amazonaws.com/mnist/",
		"https://storage.googleapis.com/cvdf-datasets/mnist/",
	},
	sums: [4]string{
		"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
		"65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
		"0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
		"ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
	},
	stall: 30 * time.Second,
}

var fashion = remote{
	name:   "fashion-mnist",
	origin: "Fashion-MNIST, by Han Xiao, Kashif Rasul and Roland Vollgraf (arXiv:1708.07747), Zalando SE, MIT licence",
	mirrors: []string{
		"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
		"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
	},
	sums: [4]string{
		"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
		"bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
		"5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
		"0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
	},
	stall: 30 * time.Second,
}

// ChecksumError says that a file is not the one that was published. The sums are SHA-256 in hexadecimal, of the
// decompressed content.
type ChecksumError struct {
	File      string // address or path
	Got, Want string
}

// Error returns the file and both sums in one line.
func (e *ChecksumError) Error() string {
	return fmt.Sprintf("datasets: %s: SHA-256 of the decompressed file is %s, expected %s", e.File, e.Got, e.Want)
}

// open returns the set from the cache, after fetching the files that are not there or not right.
func (r remote) open(ctx context.Context, o Options) (*Split, error) {
	dir, err := cacheDir(o, r.name)
	if err != nil {
		return nil, err
	}
	var paths [4]string
	for i, file := range files {
		paths[i], err = r.ensure(ctx, o, dir, file, r.sums[i])
		if err != nil {
			return nil, err
		}
	}
	return readSplit(ctx, openFile, paths, r.name, r.origin)
}

func cacheDir(o Options, name string) (string, error) {
	root := o.CacheDir
	if root == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("datasets: no cache folder for %s: %w; set Options.CacheDir", name, err)
		}
		root = filepath.Join(user, "calorimeter")
	}
	dir := filepath.Join(root, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("datasets: no cache folder for %s: %w; set Options.CacheDir to one that can be written",
			name, err)
	}
	return dir, nil
}

// ensure returns the path of a file in dir with the wanted checksum, from the first mirror that has it.
func (r remote) ensure(ctx context.Context, o Options, dir, file, want string) (string, error) {
	if path := cached(dir, file); path != "" && verify(path, path, want) == nil {
		return path, nil
	}
	path := filepath.Join(dir, file+".gz")
	var failures []error
	for _, base := range r.bases(o) {
		url := base + file + ".gz"
		err := place(path, func(f *os.File) error {
			if err := r.get(ctx, url, f, func(done, total int64) {
				if o.Progress != nil {
					o.Progress(file+".gz", done, total)
				}
			}); err != nil {
				return err
			}
			return verify(f.Name(), url, want)
		})
		if err == nil {
			return path, nil
		}
		if ctx.Err() != nil {
			return "", fmt.Errorf("datasets: fetching %s of %s: %w", file, r.name, ctx.Err())
		}
		failures = append(failures, err)
	}
	return "", fmt.Errorf("datasets: could not fetch %s of %s; try again on line, name a mirror in %s, or get the four "+
		"files %s by hand and give the path of their folder instead of the name. Tried:\n%w",
		file, r.name, mirrorVariable, strings.Join(files[:], ", "), errors.Join(failures...))
}

// cached returns the path of a file in dir under any of its spellings, "" if there is none.
func cached(dir, file string) string {
	sets, err := listIDX(dir)
	if err != nil || sets[""] == nil {
		return ""
	}
	return sets[""][slices.Index(files[:], file)]
}

// bases returns the addresses, each ending in a slash, under which the files are looked for.
func (r remote) bases(o Options) []string {
	mirrors := o.Mirrors
	if env := os.Getenv(mirrorVariable); len(mirrors) == 0 && env != "" {
		mirrors = strings.Split(env, ",")
	}
	if len(mirrors) == 0 {
		return r.mirrors
	}
	var bases []string
	for _, m := range mirrors {
		m = strings.TrimRight(strings.TrimSpace(m), "/") + "/"
		bases = append(bases, m+r.name+"/", m)
	}
	return bases
}

// verify checks the SHA-256 of the decompressed content of path; name stands for it in errors.
func verify(path, name, want string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	defer f.Close()
	content, err := gunzip(f)
	if err != nil {
		return readError(name, err, "nothing after a gzip signature", "a whole gzip stream")
	}
	sum := sha256.New()
	if n, err := io.Copy(sum, io.LimitReader(content, maxPixels)); err != nil {
		return readError(name, err, plural(int(n), "byte")+" of decompressed data", "more")
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		return &ChecksumError{File: name, Got: got, Want: want}
	}
	return nil
}

var errSlow = errors.New("the mirror is too slow")

// leastRate is the rate below which a mirror is given up, in bytes a second, over remote.stall.
const leastRate = 4096

// get fetches url into w. It gives up when less arrives in r.stall than the least rate.
func (r remote) get(ctx context.Context, url string, w io.Writer, progress func(done, total int64)) error {
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	enough := int64(leastRate * r.stall.Seconds())
	var arrived atomic.Int64 // since the watchdog was set
	watchdog := time.AfterFunc(r.stall, func() {
		cancel(fmt.Errorf("%w: %d bytes arrived in %v", errSlow, arrived.Load(), r.stall))
	})
	defer watchdog.Stop()

	fail := func(err error) error {
		if cause := context.Cause(watched); errors.Is(cause, errSlow) {
			err = cause
		}
		return fmt.Errorf("datasets: %s: %w", url, err)
	}
	req, err := http.NewRequestWithContext(watched, http.MethodGet, url, nil)
	if err != nil {
		return fail(err)
	}
	req.Header.Set("Accept-Encoding", "identity") // the file as it is, so that its length is known
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fail(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fail(fmt.Errorf("the mirror answered %s", resp.Status))
	}
	body := io.LimitReader(resp.Body, maxDownload)
	buf := make([]byte, 64<<10)
	for done := int64(0); ; {
		n, err := body.Read(buf)
		if n > 0 {
			if arrived.Add(int64(n)) >= enough {
				arrived.Store(0)
				watchdog.Reset(r.stall)
			}
			if _, err := w.Write(buf[:n]); err != nil {
				return fail(err)
			}
			done += int64(n)
			progress(done, resp.ContentLength)
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fail(err)
		}
	}
}
