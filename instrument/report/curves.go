package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Curves are the measured curves of a run: one row an observation, in the order of training, one column a quantity.
// It is the content of curves.csv. Rows[i][j] is the value of Columns[j] at observation i: NaN where it is not known,
// an infinity where a bound is infinite. Column "step" holds the training step of the observation, an integer.
//
// [PinnedColumns] lists the columns that other programs may rely on; any others are kept and shown by name.
type Curves struct {
	Columns []string
	Rows    [][]float64
}

// Column returns a copy of the named column, one value an observation; all NaN where there is no such column.
func (c *Curves) Column(name string) []float64 {
	j := slices.Index(c.Columns, name)
	col := make([]float64, len(c.Rows))
	for i, row := range c.Rows {
		col[i] = math.NaN()
		if j >= 0 {
			col[i] = row[j]
		}
	}
	return col
}

// Known reports whether the named column holds at least one value that is not NaN.
func (c *Curves) Known(name string) bool {
	return slices.ContainsFunc(c.Column(name), func(v float64) bool { return !math.IsNaN(v) })
}

// Last returns the last value of the named column that is not NaN, and its row; NaN and -1 where there is none.
func (c *Curves) Last(name string) (v float64, row int) {
	col := c.Column(name)
	for i := len(col) - 1; i >= 0; i-- {
		if !math.IsNaN(col[i]) {
			return col[i], i
		}
	}
	return math.NaN(), -1
}

// Save writes curves.csv into the folder dir, which must exist.
func (c *Curves) Save(dir string) error {
	return WriteAtomic(filepath.Join(dir, CurvesFile), c.WriteCSV)
}

// WriteCSV writes the curves as comma-separated values under a header line. Each number is the shortest decimal that
// reads back as the same float64, so equal curves give equal bytes; NaN is an empty field, an infinity is inf or -inf.
// A row of the wrong length, a column without a name or named twice, a missing step column, or steps that are not
// rising integers are errors.
func (c *Curves) WriteCSV(w io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	cw := csv.NewWriter(w)
	if err := cw.Write(c.Columns); err != nil {
		return err
	}
	fields := make([]string, len(c.Columns))
	for _, row := range c.Rows {
		for j, v := range row {
			fields[j] = field(c.Columns[j], v)
		}
		if err := cw.Write(fields); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}

func field(column string, v float64) string {
	switch {
	case column == "step":
		return strconv.FormatInt(int64(v), 10)
	case math.IsNaN(v):
		return ""
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// ReadCSV reads what WriteCSV wrote. Columns may come in any order, and unknown ones are kept. Errors name the file
// (name), the line and the column.
func ReadCSV(r io.Reader, name string) (*Curves, error) {
	cr := csv.NewReader(r)
	cr.FieldsPerRecord = -1
	header, err := cr.Read()
	if err == io.EOF {
		return nil, fmt.Errorf("report: %s is empty: it has no header line", name)
	}
	if err != nil {
		return nil, fmt.Errorf("report: %s: %w", name, err)
	}
	c := &Curves{Columns: header}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("report: %s:1: %w", name, err)
	}
	for {
		record, err := cr.Read()
		if err == io.EOF {
			return c, nil
		}
		if err != nil {
			return nil, fmt.Errorf("report: %s: %w", name, err)
		}
		line, _ := cr.FieldPos(0)
		if len(record) != len(header) {
			return nil, fmt.Errorf("report: %s:%d: %d fields where the header has %d columns", name, line, len(record), len(header))
		}
		row := make([]float64, len(record))
		for j, s := range record {
			if s == "" {
				row[j] = math.NaN()
				continue
			}
			if row[j], err = strconv.ParseFloat(strings.TrimSpace(s), 64); err != nil {
				return nil, fmt.Errorf("report: %s:%d: column %q: %q is not a number", name, line, header[j], s)
			}
		}
		c.Rows = append(c.Rows, row)
		if err := c.checkRow(len(c.Rows) - 1); err != nil {
			return nil, fmt.Errorf("report: %s:%d: %w", name, line, err)
		}
	}
}

// check reports what is wrong with the shape of c.
func (c *Curves) check() error {
	for j, name := range c.Columns {
		if strings.TrimSpace(name) == "" {
			return fmt.Errorf("column %d has no name", j+1)
		}
		if slices.Index(c.Columns, name) < j {
			return fmt.Errorf("there are two columns %q", name)
		}
	}
	if !slices.Contains(c.Columns, "step") {
		return fmt.Errorf("there is no column \"step\" among %d columns", len(c.Columns))
	}
	for i := range c.Rows {
		if err := c.checkRow(i); err != nil {
			return err
		}
	}
	return nil
}

func (c *Curves) checkRow(i int) error {
	if len(c.Rows[i]) != len(c.Columns) {
		return fmt.Errorf("row %d has %d values for %d columns", i, len(c.Rows[i]), len(c.Columns))
	}
	j := slices.Index(c.Columns, "step")
	step := c.Rows[i][j]
	if step != math.Trunc(step) || !(step >= 0 && step <= 1<<53) {
		return fmt.Errorf("column \"step\": %v is not a step: whole numbers from 0 on", step)
	}
	if i > 0 && step <= c.Rows[i-1][j] {
		return fmt.Errorf("column \"step\": step %v comes after step %v", step, c.Rows[i-1][j])
	}
	return nil
}
