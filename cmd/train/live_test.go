package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors that were tried, and the test that caught each:
//
//	the server is not closed when the run ends           TestARunIsSeenWhileItGoesOn
//	the page of the end still says that the run goes on  TestARunIsSeenWhileItGoesOn
//	an empty host counts as loopback                     TestLiveAddresses

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
		code <- run(context.Background(), append(args, dir), streams{out: io.Discard, err: to})
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
	assert.Equal(t, []string{"page", "progress", "end"}, names[len(names)-3:], "those who look see the end")
	last := pages[len(pages)-1]
	assert.Contains(t, last, ">done<")
	assert.NotContains(t, last, "The run goes on")
	assert.Contains(t, last, "first law")
	_, err = http.Get(url)
	assert.Error(t, err, "nothing is left of it after the run")
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
}
