// Package live shows the page of a run in a browser while the run goes on.
//
//	folder, err := report.NewFolder("", record.Run{Model: "perceptron", Data: "digits"})
//	view, err := live.Serve("127.0.0.1:8080", folder.Dir, live.Settings{})
//	defer view.Close() // after meter.Close, which is deferred later
//	fmt.Println(view.URL)
//	meter := instrument.New(cost, folder)
//	defer meter.Close()
//
// It reads the files of the run folder, whoever writes them, and shares nothing else with the run. Nothing is read or
// drawn unless somebody looks, and those who look are never so many that the run lacks files to write to.
package live

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
)

// share is the share of the time of one core that drawing for the viewers may take: the next picture waits until it is
// kept.
const share = 0.01

// Settings of a view; the zero value is that of a run of unknown length, seen from this machine alone.
type Settings struct {
	// Progress tells how much is done of how much, in any unit; it is called from other goroutines. Nil: the page says
	// the step of the last observation.
	Progress func() (done, total int64)
	Anywhere bool // lets the address be one that other machines reach
}

// View serves the report of a run. A nil View does nothing.
type View struct {
	URL string // where it is seen

	dir      string
	settings Settings
	server   *http.Server
	tick     time.Duration // between two looks at the folder
	ending   chan struct{} // closed when the last page is to be sent
	closed   chan struct{} // closed when the server has stopped

	drawing sync.Mutex // one picture at a time
	drawn   []byte     // the newest picture, as an event
	of      string     // the state of the folder that it shows
	pages   int        // how many were drawn
	rest    time.Time  // when the next may be drawn
}

// Serve begins to serve the page of the run folder dir at the address, HOST:PORT; port 0 takes a free one. An error
// says that the address is none, is in use, or can be reached from other machines while the settings do not let it.
func Serve(address, dir string, s Settings) (*View, error) {
	local, err := Local(address)
	if err != nil {
		return nil, err
	}
	if !local && !s.Anywhere {
		return nil, fmt.Errorf("live: %s can be reached from other machines: use 127.0.0.1, or set Anywhere if that is "+
			"wanted", address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("live: %w", err)
	}
	v := &View{
		URL: fmt.Sprintf("http://%s/", listener.Addr()), dir: dir, settings: s, tick: time.Second,
		ending: make(chan struct{}), closed: make(chan struct{}),
	}
	v.server = &http.Server{Handler: v, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 5 * time.Second}
	go func() {
		defer close(v.closed)
		v.server.Serve(&bounded{Listener: listener, most: int64(viewers())})
	}()
	return v, nil
}

// Local reports whether an address, HOST:PORT, is one that this machine alone can reach.
func Local(address string) (bool, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false, fmt.Errorf("live: the address %q is not HOST:PORT, such as 127.0.0.1:8080", address)
	}
	return loopback(host), nil
}

// loopback reports whether a host is this machine, seen from itself.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Close sends the last page to those who look, and stops to serve.
func (v *View) Close() {
	if v == nil {
		return
	}
	select {
	case <-v.closed:
		return
	default:
	}
	close(v.ending)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if v.server.Shutdown(ctx) != nil {
		v.server.Close()
	}
	<-v.closed
}

// ServeHTTP answers with the page at / and /report.html, and with its news at /events.
func (v *View) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	switch {
	case !v.settings.Anywhere && !loopback(host): // the name of another machine, made to point to this one
		http.Error(w, "this report is served to this machine alone", http.StatusForbidden)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, "there is nothing to change here", http.StatusMethodNotAllowed)
	case r.URL.Path == "/" || r.URL.Path == "/"+record.ReportFile:
		v.page(w)
	case r.URL.Path == "/events":
		v.events(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (v *View) page(w http.ResponseWriter) {
	var b bytes.Buffer
	v.drawing.Lock()
	err := report.LivePage(&b, v.dir, "/events", false)
	v.drawing.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(b.Bytes())
}

// state tells the states of the folder apart, as far as the page shows them.
func (v *View) state(ended bool) string {
	text := fmt.Sprint(ended)
	for _, name := range []string{record.RunFile, record.ReadingsFile} {
		if file, err := os.Stat(filepath.Join(v.dir, name)); err == nil {
			text += fmt.Sprint(" ", file.Size(), " ", file.ModTime().UnixNano())
		}
	}
	return text
}

// draw returns the page of a state of the folder as an event, which all viewers share; nothing where drawing has to
// rest.
func (v *View) draw(state string, ended bool) ([]byte, error) {
	v.drawing.Lock()
	defer v.drawing.Unlock()
	switch {
	case v.of == state:
		return v.drawn, nil
	case !ended && time.Now().Before(v.rest):
		return nil, nil
	}
	events := "/events"
	if ended {
		events = ""
	}
	from := time.Now()
	var b bytes.Buffer
	if err := report.LivePage(&b, v.dir, events, true); err != nil {
		return nil, err
	}
	text, err := json.Marshal(b.String())
	if err != nil {
		return nil, err
	}
	v.drawn, v.of = fmt.Appendf(nil, "event: page\ndata: %s\n\n", text), state
	v.pages++
	v.rest = time.Now().Add(time.Duration(float64(time.Since(from)) / share))
	return v.drawn, nil
}

// events sends a new page when the folder has changed, as far as the time that drawing may take allows, and the
// progress. A folder that cannot be read is looked at again: a program may be writing it.
func (v *View) events(w http.ResponseWriter, r *http.Request) {
	stream := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	tick := time.NewTicker(v.tick)
	defer tick.Stop()
	ended, sent := false, ""
	for {
		if state := v.state(ended); state != sent {
			event, err := v.draw(state, ended)
			switch {
			case err != nil:
				fmt.Fprintf(w, "event: progress\ndata: %q\n\n", err)
			case event != nil:
				w.Write(event) // that nobody is there any more, Flush says
				sent = state
			}
		}
		if v.settings.Progress != nil {
			done, total := v.settings.Progress()
			fmt.Fprintf(w, "event: progress\ndata: %.0f %% done\n\n", 100*float64(done)/float64(max(total, 1)))
		}
		if ended {
			fmt.Fprint(w, "event: end\ndata: the run has ended\n\n")
		}
		if stream.Flush() != nil || ended {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-v.ending:
			ended = true
		case <-tick.C:
		}
	}
}
