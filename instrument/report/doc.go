// Package report draws the record of any run: pictures, the page for people, tables, comparisons and sweeps.
//
//	run, history, err := record.Load("runs/made")
//	files, err := report.Figures("runs/made", run, history)
//	err = report.WriteHTML("runs/made", run, history)
//
// It knows no quantity, no model and no kind of run: everything that is drawn is declared in the record. What a
// quantity is called, in which panel it stands, on which scale, what it bounds and what it cannot pass is its
// [record.Info]; what the numbers mean for a reader are the findings, conclusions, books, nulls and warnings of
// [record.Run]. A quantity of a user's own is drawn, tabled and compared like all others, and has a panel of its own
// unless it names one.
//
// It computes no estimate and no interval: every error that is drawn, tabled or compared is the one that was recorded.
// So a report can be made again, years later, on a machine that never trained anything; the same record gives the same
// bytes.
//
// # What it writes
//
//	NAME.svg .png .pdf        the figures that the quantities and diagrams name, and the overview     ([Figures])
//	report.html               the page for people, in one self-contained file                         ([WriteHTML])
//	a whole run folder        of what the meter of a training loop reads, as it comes                 ([Folder])
//	report-comparison.html    runs side by side                                                       ([WriteComparison])
//	sweep.csv .svg .png .pdf  runs over a setting                                                     ([WriteSweep])
//
// and, for terminals and programs, [Table], [Books] and [Summary].
//
// # From the record to the picture
//
// A panel is laid out once: the curves of its quantities with their intervals, the ranges of its axes and their
// ticks. It is what pictures are drawn from, and its JSON is what the script of the page draws from, so that both
// show the same.
//
// # How quantities are drawn
//
// Of the parts of a model that are trained apart each has curves of its own ([record.History.ByPart]). Of a curve of
// more than 2,000 points those are drawn that show its course.
//
// The order of declaration gives the colour. The third curve of a panel and those after it are dashed, so that curves
// that coincide stay visible. A quantity is a line with its interval as a band (as bars where there are fewer than
// three observations); a pair of bounds is the area between them with the outer ends of their intervals as dotted
// lines. More than eight curves are drawn thin, without intervals, in one ramp of colours. A ceiling is a dashed
// line, and a null a triangle at the right edge. What cannot be drawn is said below: quantities without a value and
// why, values that are infinite, curves that would flatten all others, lower bounds near their ceiling.
package report
