package live

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/report"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors that were tried, and the test that caught each:
//
//	any host name is served                            TestViewServesThisMachineAlone
//	drawing does not rest                              TestDrawsSeldom
//	the state does not tell the readings               TestViewFollowsAFolder
//	the page of the end still says that it goes on     TestViewFollowsAFolder

// get fetches a page, under the name of a host.
func get(t *testing.T, url, host string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(data)
}

// event is one of a stream; the data of a page is its text.
type event struct{ name, data string }

// follow sends the events of a stream until it ends.
func follow(t *testing.T, url string) <-chan event {
	response, err := (&http.Client{Timeout: time.Minute}).Get(url)
	require.NoError(t, err)
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	events := make(chan event, 1000)
	go func() {
		defer response.Body.Close()
		defer close(events)
		lines := bufio.NewReader(response.Body)
		name := ""
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if after, ok := strings.CutPrefix(line, "event: "); ok {
				name = strings.TrimSpace(after)
			} else if data, ok := strings.CutPrefix(line, "data: "); ok {
				if name == "page" {
					assert.NoError(t, json.Unmarshal([]byte(data), &data))
				}
				events <- event{name: name, data: data}
			}
		}
	}()
	return events
}

// serve serves the folder of a run that has not observed anything.
func serve(t *testing.T, s Settings) (*View, *report.Folder) {
	t.Helper()
	folder, err := report.NewFolder(filepath.Join(t.TempDir(), "run"), record.Run{Model: "line", Steps: 40})
	require.NoError(t, err)
	v, err := Serve("127.0.0.1:0", folder.Dir, s)
	require.NoError(t, err)
	v.tick = 5 * time.Millisecond
	t.Cleanup(v.Close)
	return v, folder
}

var loss = record.Info{Name: "loss", Unit: "nats"}

func observe(r record.Recorder, step int, value float64) error {
	return r.Record(record.Event{
		Step: step, Columns: []record.Info{loss}, Readings: []record.Named{{Info: loss, Reading: estimate.Exact(value)}},
	})
}

// Those who look see what the folder holds: at first, after each event, and at the end, whatever happened in between.
func TestViewFollowsAFolder(t *testing.T) {
	v, folder := serve(t, Settings{})
	status, page := get(t, v.URL, "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, `data-live="/events"`)
	assert.Contains(t, page, "No observation was recorded.")
	events := follow(t, v.URL+"events")
	wait := func(name, text string) {
		t.Helper()
		for e := range events {
			if e.name == name && strings.Contains(e.data, text) {
				return
			}
			assert.NotContains(t, e.data, "% done", "there is no progress to tell")
		}
		t.Fatalf("no %s with %q", name, text)
	}
	wait("page", "No observation was recorded.")
	require.NoError(t, observe(folder, 0, 2.5))
	v.hurry()
	wait("page", ">step 0 of 40<")
	require.NoError(t, observe(folder, 20, 1.5)) // so soon that the other files stay as they are
	v.hurry()
	wait("page", ">step 20 of 40<")
	path := filepath.Join(folder.Dir, record.RunFile)
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, kept[:len(kept)/2], 0o644))
	v.hurry()
	wait("progress", "not JSON")
	require.NoError(t, os.WriteFile(path, kept, 0o644))
	require.NoError(t, observe(folder, 30, 1.25))
	wait("page", "1.250")
	require.NoError(t, folder.Flush())
	v.Close()
	wait("page", ">done<")
	wait("end", "")
	_, err = http.Get(v.URL)
	assert.Error(t, err, "nothing is left of it")
	v.Close()
	(*View)(nil).Close()
}

func TestViewServesThisMachineAlone(t *testing.T) {
	v, _ := serve(t, Settings{Progress: func() (int64, int64) { return 1, 4 }})
	assert.Equal(t, event{name: "progress", data: "25 % done\n"}, func() event {
		for e := range follow(t, v.URL+"events") {
			if e.name == "progress" {
				return e
			}
		}
		return event{}
	}())
	status, page := get(t, v.URL, "")
	assert.Equal(t, http.StatusOK, status)
	status, _ = get(t, v.URL, "elsewhere.example")
	assert.Equal(t, http.StatusForbidden, status)
	status, again := get(t, v.URL+"report.html", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, page, again)
	status, _ = get(t, v.URL+"run.json", "")
	assert.Equal(t, http.StatusNotFound, status)
	response, err := http.Post(v.URL, "text/plain", strings.NewReader("x"))
	require.NoError(t, err)
	response.Body.Close()
	assert.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)

	address := strings.Trim(strings.TrimPrefix(v.URL, "http://"), "/")
	_, err = Serve(address, v.dir, Settings{})
	assert.ErrorContains(t, err, "address already in use")
	_, err = Serve("0.0.0.0:0", v.dir, Settings{})
	assert.ErrorContains(t, err, "can be reached from other machines")
	_, err = Serve("8080", v.dir, Settings{})
	assert.ErrorContains(t, err, "HOST:PORT")

	v, _ = serve(t, Settings{Anywhere: true})
	status, _ = get(t, v.URL, "elsewhere.example")
	assert.Equal(t, http.StatusOK, status)
}

// However often there are news and however many look, drawing takes its small share of the time.
func TestDrawsSeldom(t *testing.T) {
	v, folder := serve(t, Settings{})
	v.tick = time.Millisecond
	seen := make(chan int)
	for range 3 {
		events := follow(t, v.URL+"events")
		go func() {
			pages := 0
			for e := range events {
				if e.name == "page" {
					pages++
				}
			}
			seen <- pages
		}()
	}
	for step := range 300 {
		require.NoError(t, observe(folder, step, 1))
		time.Sleep(time.Millisecond)
	}
	v.Close()
	for range 3 {
		assert.GreaterOrEqual(t, <-seen, 2, "the first and the last")
	}
	assert.LessOrEqual(t, v.drawnPages(), 20, "of some 300 news")
}

// Whoever comes while there are enough is told so, and let in once another has left; the run's files are its own.
func TestViewersAreBounded(t *testing.T) {
	assert.InDelta(t, mostViewers/2, viewers(), mostViewers/2)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: http.NotFoundHandler()}
	b := &bounded{Listener: listener, most: 2}
	go server.Serve(b)
	defer server.Close()
	address := listener.Addr().String()
	var idle []net.Conn
	for range 2 {
		c, err := net.Dial("tcp", address)
		require.NoError(t, err)
		idle = append(idle, c)
	}
	require.Eventually(t, func() bool { return b.held.Load() == 2 }, time.Second, time.Millisecond)
	status, body := get(t, "http://"+address, "")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, body, "too many look at this run already")
	idle[0].Close()
	require.Eventually(t, func() bool { return b.held.Load() < 2 }, time.Second, time.Millisecond)
	status, _ = get(t, "http://"+address, "")
	assert.Equal(t, http.StatusNotFound, status)
	idle[1].Close()
}

// The page in a browser takes the news: it ends up with what was written after it was loaded.
func TestPageFollowsTheRunInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no Chromium here to open the page in (Debian's package is chromium)")
	}
	v, folder := serve(t, Settings{})
	require.NoError(t, errors.Join(observe(folder, 0, 2.5), observe(folder, 3, 2.25)))
	go func() {
		for v.drawnPages() == 0 { // nobody has asked for news
			time.Sleep(10 * time.Millisecond)
		}
		assert.NoError(t, errors.Join(observe(folder, 7, 2.125), folder.Flush()))
		v.Close()
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir(), "--virtual-time-budget=20000", "--dump-dom", v.URL)
	dom, err := cmd.Output()
	if err != nil {
		t.Skipf("Chromium does not run here: %v", err)
	}
	text := string(dom)
	assert.True(t, strings.Contains(text, ">done<") && !strings.Contains(text, ">running<"), "the status is the last one")
	assert.True(t, strings.Contains(text, `<data value="2.125">2.125</data>`), "the chart shows the last observation")
}

// hurry ends the rest from drawing.
func (v *View) hurry() {
	v.drawing.Lock()
	defer v.drawing.Unlock()
	v.rest = time.Time{}
}

func (v *View) drawnPages() int {
	v.drawing.Lock()
	defer v.drawing.Unlock()
	return v.pages
}
