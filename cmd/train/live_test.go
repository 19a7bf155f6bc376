package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors that were tried, and the test that caught each:
//
//	the server is not closed when the run ends           TestARunIsSeenWhileItGoesOn
//	the page of the end still says that the run goes on  TestARunIsSeenWhileItGoesOn
//	any host name is served                              TestLiveServesThisMachineAlone
//	an empty host counts as loopback                     TestLiveAddresses
//	drawing does not rest                                TestLiveDrawsSeldom

// get fetches a page of a live run.
func get(t *testing.T, url, host string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if host != "" {
		request.Host = host
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(data)
}

// listen gathers the events of a stream until it ends.
func listen(t *testing.T, url string) (names []string, pages []string) {
	client := http.Client{Timeout: time.Minute}
	response, err := client.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	lines := bufio.NewReader(response.Body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return names, pages
		}
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			names = append(names, strings.TrimSpace(name))
		} else if data, ok := strings.CutPrefix(line, "data: "); ok && names[len(names)-1] == "page" {
			var text string
			require.NoError(t, json.Unmarshal([]byte(data), &text))
			pages = append(pages, text)
		}
	}
}

func TestARunIsSeenWhileItGoesOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	from, to := io.Pipe()
	code := make(chan int)
	go func() {
		args := strings.Fields("--model gaussian --datasets 4 --replicas 2 --steps 1500 --observations 6 --permutations 0 " +
			"--http 127.0.0.1:0 --quiet --out")
		code <- run(context.Background(), append(args, dir), streams{io.Discard, to})
		to.Close()
	}()
	said, err := bufio.NewReader(from).ReadString('\n')
	require.NoError(t, err)
	go io.Copy(io.Discard, from)
	url := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(said)
	require.NotEmpty(t, url, said)

	status, page := get(t, url, "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, `data-live="/events"`)
	assert.Contains(t, page, ">running<")
	names, pages := listen(t, url+"events")
	assert.Equal(t, exitDone, <-code)
	require.NotEmpty(t, pages)
	assert.Equal(t, []string{"progress", "page", "end"}, names[len(names)-3:], "those who look see the end")
	last := pages[len(pages)-1]
	assert.Contains(t, last, ">done<")
	assert.NotContains(t, last, "The run goes on")
	assert.Contains(t, last, "first law")
	_, err = http.Get(url)
	assert.Error(t, err, "nothing is left of it after the run")
}

// still is a run whose progress stands.
type still struct{}

func (still) Progress() (done, total int64) { return 1, 4 }

func serveStill(t *testing.T, flags liveFlags) (l *live, url string) {
	t.Helper()
	dir := t.TempDir()
	run := &record.Run{Status: record.Interrupted, Quantities: []record.Info{{Name: "loss"}}}
	require.NoError(t, run.Save(dir))
	var said strings.Builder
	l, err := flags.serve(dir, still{}, &said)
	require.NoError(t, err)
	t.Cleanup(func() { l.server.Close() })
	return l, strings.TrimSpace(strings.TrimPrefix(said.String(), "live report: "))
}

func TestLiveServesThisMachineAlone(t *testing.T) {
	l, url := serveStill(t, liveFlags{HTTP: "127.0.0.1:0"})
	status, page := get(t, url, "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, "No observation was recorded.")
	status, _ = get(t, url, "elsewhere.example")
	assert.Equal(t, http.StatusForbidden, status)
	status, again := get(t, url+"report.html", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, page, again)
	status, _ = get(t, url+"run.json", "")
	assert.Equal(t, http.StatusNotFound, status)
	response, err := http.Post(url, "text/plain", strings.NewReader("x"))
	require.NoError(t, err)
	response.Body.Close()
	assert.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
	_, err = liveFlags{HTTP: strings.Trim(strings.TrimPrefix(url, "http://"), "/")}.serve(l.dir, still{}, io.Discard)
	assert.ErrorAs(t, err, new(usageError), "the port is taken")
	l.close()

	_, url = serveStill(t, liveFlags{HTTP: "127.0.0.1:0", HTTPAnywhere: true})
	status, _ = get(t, url, "elsewhere.example")
	assert.Equal(t, http.StatusOK, status)
}

// However often there are news and however many look, drawing takes its small share of the time.
func TestLiveDrawsSeldom(t *testing.T) {
	l, url := serveStill(t, liveFlags{HTTP: "127.0.0.1:0"})
	pages := make(chan int)
	for range 3 {
		go func() {
			_, seen := listen(t, url+"events")
			pages <- len(seen)
		}()
	}
	from := time.Now()
	drawn := map[int]bool{}
	for time.Since(from) < 300*time.Millisecond {
		l.observed()
		drawn[l.lastDrawn()] = true
		time.Sleep(time.Millisecond)
	}
	l.close()
	for range 3 {
		assert.LessOrEqual(t, <-pages, len(drawn)+2)
	}
	assert.LessOrEqual(t, len(drawn), 20, "of some 200 news")
}

// The page in a browser takes the news: it ends up with what was written after it was loaded.
func TestLivePageFollowsTheRunInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no Chromium here to open the page in (Debian's package is chromium)")
	}
	l, url := serveStill(t, liveFlags{HTTP: "127.0.0.1:0"})
	info := record.Info{Name: "train_nll", Unit: "nats", Rank: 1}
	history := record.NewHistory([]record.Info{info})
	observe := func(step int, loss float64) error {
		return history.Record(record.Event{
			Step: step, Columns: history.Infos(), Readings: []record.Named{{Info: info, Reading: estimate.Exact(loss)}},
		})
	}
	require.NoError(t, errors.Join(observe(0, 2.5), observe(3, 2.25)))
	run := &record.Run{Model: "made", Data: "digits", Status: record.Interrupted, Steps: 7, Quantities: history.Infos()}
	require.NoError(t, errors.Join(history.Save(l.dir), run.Save(l.dir)))
	go func() {
		for l.lastDrawn() == 0 { // nobody has asked for news
			time.Sleep(10 * time.Millisecond)
		}
		run.Status = record.Done
		assert.NoError(t, errors.Join(observe(7, 2.125), history.Save(l.dir), run.Save(l.dir)))
		l.close()
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir(), "--virtual-time-budget=20000", "--dump-dom", url)
	dom, err := cmd.Output()
	if err != nil {
		t.Skipf("Chromium does not run here: %v", err)
	}
	text := string(dom)
	assert.True(t, strings.Contains(text, ">done<") && !strings.Contains(text, ">running<"), "the status is the last one")
	assert.True(t, strings.Contains(text, `<data value="2.125">2.125</data>`), "the chart shows the last observation")
}

// lastDrawn is the version of the picture that was drawn last, 0 before the first.
func (l *live) lastDrawn() int {
	l.drawing.Lock()
	defer l.drawing.Unlock()
	return l.of
}

func TestLiveAddresses(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "127.8.8.8:80", "localhost:8080", "[::1]:80", ""} {
		assert.NoError(t, liveFlags{HTTP: address}.check(), address)
	}
	for _, address := range []string{":80", "0.0.0.0:80", "[::]:80", "192.168.0.1:80", "example.org:80"} {
		assert.ErrorContains(t, liveFlags{HTTP: address}.check(), "--http-anywhere", address)
		assert.NoError(t, liveFlags{HTTP: address, HTTPAnywhere: true}.check(), address)
	}
	for _, address := range []string{"8080", "127.0.0.1", "a:b:c"} {
		assert.ErrorContains(t, liveFlags{HTTP: address}.check(), "HOST:PORT", address)
	}
	assert.Error(t, liveFlags{HTTPAnywhere: true}.check())
	var none *live
	none.observed()
	none.close()
}
