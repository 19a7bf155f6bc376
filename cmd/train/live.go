package main

import (
	"calorimeter/instrument/report/live"
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
	local, err := live.Local(f.HTTP)
	if err != nil {
		return usagef("--http %q: it is HOST:PORT, such as 127.0.0.1:8080", f.HTTP)
	}
	if !f.HTTPAnywhere && !local {
		return usagef("--http %s can be reached from other machines: use 127.0.0.1, or add --http-anywhere if that is wanted",
			f.HTTP)
	}
	return nil
}

// serve begins to serve the run folder dir; nil if that was not asked for.
func (f liveFlags) serve(dir string, progress func() (done, total int64)) (*live.View, error) {
	if f.HTTP == "" {
		return nil, nil
	}
	view, err := live.Serve(f.HTTP, dir, live.Settings{Progress: progress, Anywhere: f.HTTPAnywhere})
	if err != nil {
		return nil, usagef("--http: %w", err)
	}
	return view, nil
}
