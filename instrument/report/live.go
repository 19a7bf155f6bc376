package report

import "io"

// LivePage writes the page of the run in the folder dir, as [WriteHTML] and [WriteCycleHTML] do, while the run goes on: from
// the files that it has saved so far. The script in the page takes the news from the address events, on the host that serves
// the page: server-sent events, named "page" with a new page as a JSON string, "progress" with a line of text, and "end".
// Without events it is the page of a run that has ended, with the status that it was recorded with.
//
// Of a page that goes to the script of another, brief leaves out the still pictures that the script draws anew.
func LivePage(w io.Writer, dir, events string, brief bool) error {
	load, page := Load, func(run *Run, c *Curves) (*pageData, error) { return newPageData(dir, run, c, brief) }
	if HasCycles(dir) {
		load, page = LoadCycles, func(run *Run, c *Curves) (*pageData, error) { return newCyclePageData(run, c, brief) }
	}
	run, c, err := load(dir)
	if err != nil {
		return err
	}
	if events != "" {
		run.Status = Running
	}
	d, err := page(run, c)
	if err != nil {
		return err
	}
	d.Live = events
	return templates.ExecuteTemplate(w, "report", d)
}
