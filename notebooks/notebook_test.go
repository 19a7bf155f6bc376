package notebooks

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
)

// notebook is a Jupyter notebook, format 4. Fields are in the order in which Jupyter writes them.
type notebook struct {
	Cells         []*cell        `json:"cells"`
	Metadata      map[string]any `json:"metadata"`
	NBFormat      int            `json:"nbformat"`
	NBFormatMinor int            `json:"nbformat_minor"`
}

type cell struct {
	Type     string         `json:"cell_type"`
	Count    *int           `json:"execution_count,omitempty"`
	ID       string         `json:"id"`
	Metadata map[string]any `json:"metadata"`
	Outputs  *[]output      `json:"outputs,omitempty"`
	Source   lines          `json:"source"`
}

// output is what one cell printed ("stream"), displayed ("display_data") or returned ("execute_result").
type output struct {
	Data     map[string]any `json:"data,omitempty"`
	Count    int            `json:"execution_count,omitempty"`
	Metadata map[string]any `json:"metadata,omitempty"`
	Name     string         `json:"name,omitempty"`
	Type     string         `json:"output_type"`
	Text     lines          `json:"text,omitempty"`
}

// MarshalJSON gives the metadata that the format demands of data, though they are empty.
func (o output) MarshalJSON() ([]byte, error) {
	type plain output
	if o.Type == "stream" {
		return marshal(plain(o))
	}
	return marshal(struct {
		plain
		Metadata map[string]any `json:"metadata"`
	}{plain(o), map[string]any{}})
}

// lines is a text that JSON holds as a list of its lines.
type lines string

func (l lines) MarshalJSON() ([]byte, error) {
	parts := strings.SplitAfter(string(l), "\n")
	if parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	if parts == nil {
		parts = []string{}
	}
	return marshal(parts)
}

func (l *lines) UnmarshalJSON(data []byte) error {
	var parts []string
	if err := json.Unmarshal(data, &parts); err != nil {
		return json.Unmarshal(data, (*string)(l))
	}
	*l = lines(strings.Join(parts, ""))
	return nil
}

// marshal is json.Marshal that leaves <, > and & as they are, as Jupyter does.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

func readNotebook(path string) (*notebook, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var n notebook
	return &n, json.Unmarshal(text, &n)
}

func (n *notebook) write(path string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(n); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// code returns the cells that are run.
func (n *notebook) code() (cells []*cell) {
	for _, c := range n.Cells {
		if c.Type == "code" {
			cells = append(cells, c)
		}
	}
	return cells
}
