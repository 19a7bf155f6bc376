package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Setting is one setting of a run, its value as it was written on the command line.
type Setting struct {
	Name, Value string
}

// Settings are the settings of a run in the order in which the program lists them. Their JSON is one object in that
// order; values that are JSON numbers, true or false stand in it without quotes, and are read back as they were
// written.
type Settings []Setting

// Differing lists the settings that have another value in others, or none.
func (s Settings) Differing(others Settings) (differ Settings) {
	for _, set := range s {
		if !slices.Contains(others, set) {
			differ = append(differ, set)
		}
	}
	return differ
}

// Of returns the value of the named setting; empty where there is none.
func (s Settings) Of(name string) string {
	for _, set := range s {
		if set.Name == name {
			return set.Value
		}
	}
	return ""
}

// MarshalJSON implements json.Marshaler.
func (s Settings) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, set := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(set.Name)
		if err != nil {
			return nil, err
		}
		value := []byte(set.Value)
		if !bareLiteral(set.Value) {
			value, err = json.Marshal(set.Value)
			if err != nil {
				return nil, err
			}
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Settings) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	t, err := dec.Token()
	if err != nil {
		return err
	}
	*s = nil
	if t == nil {
		return nil
	}
	if t != json.Delim('{') {
		return fmt.Errorf("settings are a JSON object, not %v", t)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		value, err := dec.Token()
		if err != nil {
			return err
		}
		switch value.(type) {
		case string, bool, json.Number:
		default:
			return fmt.Errorf("setting %v is neither a string, a number nor a bool", name)
		}
		*s = append(*s, Setting{fmt.Sprint(name), fmt.Sprint(value)})
	}
	return nil
}

// bareLiteral reports whether s is, byte for byte, a JSON number, true or false.
func bareLiteral(s string) bool {
	if s == "true" || s == "false" {
		return true
	}
	if s == "" || s[0] != '-' && (s[0] < '0' || s[0] > '9') || s[len(s)-1] < '0' || s[len(s)-1] > '9' {
		return false
	}
	return json.Valid([]byte(s))
}
