package live

import (
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// mostViewers is how many connections are held at once where the system allows as many.
const mostViewers = 256

// viewers is how many connections may be held at once: a quarter of the files that this process may open, so that the
// run never lacks one. Where the system does not tell, as only Linux does, there are many.
func viewers() int {
	var files int
	data, _ := os.ReadFile("/proc/self/limits")
	_, rest, _ := strings.Cut(string(data), "Max open files")
	if _, err := fmt.Sscan(rest, &files); err != nil { // or there is no limit
		return mostViewers
	}
	return max(1, min(files/4, mostViewers))
}

// bounded is a listener that turns away whoever comes while it holds as many connections as it may.
type bounded struct {
	net.Listener
	most int64
	held atomic.Int64
}

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if b.held.Add(1) <= b.most {
			return &viewer{Conn: c, left: sync.OnceFunc(func() { b.held.Add(-1) })}, nil
		}
		b.held.Add(-1)
		c.SetDeadline(time.Now().Add(100 * time.Millisecond))
		c.Read(make([]byte, 4096)) // an answer to what was not read may be lost
		fmt.Fprint(c, "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n"+
			"too many look at this run already: try again when others have left\n")
		c.Close()
	}
}

// viewer is a connection that counts until it is closed.
type viewer struct {
	net.Conn
	left func()
}

// Close implements net.Conn.
func (v *viewer) Close() error {
	defer v.left()
	return v.Conn.Close()
}
