package record

import (
	"fmt"
	"slices"
)

// Parts is how many parts of a model (see [Event]) the events are of; 1 before the first event.
func (h *History) Parts() int {
	parts := 1
	for _, e := range h.events {
		parts = max(parts, e.Part+1)
	}
	return parts
}

// MostParts is how many parts [History.ByPart] tells apart.
const MostParts = 8

// ByPart returns the history as one of a single part, in which the quantities of each part are quantities of their own:
// what is shown so is never mixed. NAME of part 1 is NAME_part1, in the panel of NAME, and "part 1: " stands before the
// titles of all. Readings of one step are one observation; each part has its own count of steps. Parts beyond the first
// [MostParts] are left out. The history of a single part is returned as it is.
func (h *History) ByPart() *History {
	parts := min(h.Parts(), MostParts)
	if parts == 1 {
		return h
	}
	of := func(info Info, part int) Info {
		info.Panel = info.Place()
		info.Title = fmt.Sprintf("part %d: %s", part, info.Heading())
		if info.Symbol != "" {
			info.Symbol = fmt.Sprintf("%s, part %d", info.Symbol, part)
		}
		if part > 0 {
			ending := fmt.Sprintf("_part%d", part)
			info.Name += ending
			if info.Bound.Of != "" {
				info.Bound.Of += ending
			}
		}
		return info
	}
	joined, order := new(History), map[string]int{}
	for _, info := range h.infos {
		for part := range parts {
			one := of(info, part)
			order[one.Name] = len(joined.infos)
			joined.infos = append(joined.infos, one)
		}
	}
	at := map[int]int{} // the event of a step
	for _, e := range h.events {
		if e.Part >= parts {
			continue
		}
		i, ok := at[e.Step]
		if !ok {
			i = len(joined.events)
			at[e.Step] = i
			joined.events = append(joined.events, Event{Step: e.Step, Columns: joined.infos})
		}
		for _, r := range e.Readings {
			named := Named{Info: of(r.Info, e.Part), Reading: r.Reading}
			joined.events[i].Readings = append(joined.events[i].Readings, named)
		}
	}
	slices.SortFunc(joined.events, func(a, b Event) int { return a.Step - b.Step })
	for _, e := range joined.events {
		slices.SortFunc(e.Readings, func(a, b Named) int { return order[a.Info.Name] - order[b.Info.Name] })
	}
	return joined
}
