package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
)

// liveFlags let a run be watched while it goes on.
type liveFlags struct {
	HTTP string `group:"Output" name:"http" placeholder:"HOST:PORT" help:"Show the report live; port 0 takes a free one."`

	HTTPAnywhere bool `group:"Output" name:"http-anywhere" help:"Let --http listen where other machines reach it."`
}

// check rejects an address that is none, and one that others reach unless that is wanted.
func (f liveFlags) check() error {
	if f.HTTP == "" {
		if f.HTTPAnywhere {
			return usagef("--http-anywhere needs --http")
		}
		return nil
	}
	host, _, err := net.SplitHostPort(f.HTTP)
	if err != nil {
		return usagef("--http %q: it is HOST:PORT, such as 127.0.0.1:8080", f.HTTP)
	}
	if !f.HTTPAnywhere && !loopback(host) {
		return usagef("--http %s can be reached from other machines: use 127.0.0.1, or add --http-anywhere if that is wanted",
			f.HTTP)
	}
	return nil
}

// loopback reports whether a host is this machine, seen from itself.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// liveShare is the share of the time of one core that drawing for the viewers may take: the next picture waits until it
// is kept. liveTick is how often viewers are told the progress.
const (
	liveShare = 0.01
	liveTick  = time.Second
)

// live serves the report of a run from the files in its folder. Nothing is drawn unless somebody looks. A nil live does
// nothing.
type live struct {
	dir      string
	anywhere bool
	work     interface{ Progress() (done, total int64) }
	server   *http.Server
	closed   chan struct{} // when the server has stopped

	mu      sync.Mutex
	version int           // of the files
	changed chan struct{} // closed when there are news
	ended   bool

	drawing sync.Mutex // one picture at a time
	drawn   []byte     // the newest picture, as an event
	of      int        // its version
	rest    time.Time  // when the next may be drawn
}

// serve begins to serve the run folder dir and says where; nil if that was not asked for.
func (f liveFlags) serve(dir string, work interface{ Progress() (done, total int64) }, say io.Writer) (*live, error) {
	if f.HTTP == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", f.HTTP)
	if err != nil {
		return nil, usagef("--http: %w", err)
	}
	l := &live{
		dir: dir, anywhere: f.HTTPAnywhere, work: work, version: 1,
		changed: make(chan struct{}), closed: make(chan struct{}),
	}
	l.server = &http.Server{Handler: l, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		defer close(l.closed)
		l.server.Serve(listener)
	}()
	fmt.Fprintf(say, "live report: http://%s/\n", listener.Addr())
	return l, nil
}

// observed tells the viewers that the folder holds a new observation.
func (l *live) observed() { l.news(false) }

func (l *live) news(end bool) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.version++
	l.ended = l.ended || end
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *live) state() (version int, changed <-chan struct{}, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.version, l.changed, l.ended
}

// close sends the last page to those who look, and stops to serve.
func (l *live) close() {
	if l == nil {
		return
	}
	l.news(true)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if l.server.Shutdown(ctx) != nil {
		l.server.Close()
	}
	<-l.closed
}

// ServeHTTP answers with the page at / and /report.html, and with its news at /events.
func (l *live) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	switch {
	case !l.anywhere && !loopback(host): // the name of another machine, made to point to this one
		http.Error(w, "this report is served to this machine alone", http.StatusForbidden)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, "there is nothing to change here", http.StatusMethodNotAllowed)
	case r.URL.Path == "/" || r.URL.Path == "/"+record.ReportFile:
		l.page(w)
	case r.URL.Path == "/events":
		l.events(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (l *live) page(w http.ResponseWriter) {
	var b bytes.Buffer
	l.drawing.Lock()
	err := report.LivePage(&b, l.dir, "/events", false)
	l.drawing.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(b.Bytes())
}

// draw returns the newest page as an event, which all viewers share.
func (l *live) draw(version int, ended bool) ([]byte, error) {
	l.drawing.Lock()
	defer l.drawing.Unlock()
	if l.of >= version {
		return l.drawn, nil
	}
	events := "/events"
	if ended {
		events = ""
	}
	from := time.Now()
	var b bytes.Buffer
	if err := report.LivePage(&b, l.dir, events, true); err != nil {
		return nil, err
	}
	text, err := json.Marshal(b.String())
	if err != nil {
		return nil, err
	}
	l.drawn, l.of = fmt.Appendf(nil, "event: page\ndata: %s\n\n", text), version
	l.rest = time.Now().Add(time.Duration(float64(time.Since(from)) / liveShare))
	return l.drawn, nil
}

// wait is how long the next picture has to wait.
func (l *live) wait() time.Duration {
	l.drawing.Lock()
	defer l.drawing.Unlock()
	return time.Until(l.rest)
}

// events sends a new page after each observation, as far as the time that drawing may take allows, and the progress.
func (l *live) events(w http.ResponseWriter, r *http.Request) {
	stream := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	tick := time.NewTicker(liveTick)
	defer tick.Stop()
	for sent := 0; ; {
		version, changed, ended := l.state()
		done, total := l.work.Progress()
		fmt.Fprintf(w, "event: progress\ndata: %.0f %% done\n\n", 100*float64(done)/float64(max(total, 1)))
		if version > sent && (ended || l.wait() <= 0) {
			event, err := l.draw(version, ended)
			if err != nil {
				fmt.Fprintf(w, "event: progress\ndata: %q\n\n", err)
			} else if _, err := w.Write(event); err != nil {
				return
			}
			sent = version
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
		case <-changed:
		case <-tick.C:
		}
	}
}
