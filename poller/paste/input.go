package paste

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
	"polltop/poller/queue"
)

// maxAround bounds how deep an object with an input may be nested.
const maxAround = 8

// noteInputs notes the inputs in the JSON objects in some lines. It reads the raw lines, because an input
// that is submitted again must not differ.
func (p *parser) noteInputs(record []*lines.Line) {
	if !slices.ContainsFunc(record, func(l *lines.Line) bool { return strings.Contains(l.Raw, `"input"`) }) {
		return
	}
	var text strings.Builder
	for i, l := range record {
		if i > 0 && l.Number > record[i-1].Number {
			text.WriteByte('\n')
		}
		text.WriteString(l.Raw)
	}
	var object json.RawMessage
	rest, err := text.String(), error(nil)
	if strings.Contains(rest, "\x1b") {
		rest = ansi.Strip(rest)
	}
	for at := strings.IndexByte(rest, '{'); at >= 0 && err == nil; at = strings.IndexByte(rest, '{') {
		d := json.NewDecoder(strings.NewReader(rest[at:]))
		if err = d.Decode(&object); err == nil {
			p.noteInput(object, maxAround)
		}
		rest = rest[at+int(d.InputOffset()):]
	}
}

// noteInput notes the inputs in a value under the ids beside them.
func (p *parser) noteInput(value json.RawMessage, depth int) {
	var values []json.RawMessage
	var members map[string]json.RawMessage
	if depth == 0 || json.Unmarshal(value, &values) != nil && json.Unmarshal(value, &members) != nil {
		return
	}
	var compact bytes.Buffer
	input := members["input"]
	delete(members, "input")
	has := bytes.HasPrefix(input, []byte("{")) && utf8.Valid(input) && json.Compact(&compact, input) == nil
	for key, member := range members {
		var id string
		if has && p.ClassOf(key) <= words.IDKey && json.Unmarshal(member, &id) == nil {
			p.inputs[queue.NormalizeID(id)] = compact.String()
		}
		values = append(values, member)
	}
	for _, inner := range values {
		p.noteInput(inner, depth-1)
	}
}
