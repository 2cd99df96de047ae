package queue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"
)

// utf8BOM is the byte-order mark that some programs write before JSON.
var utf8BOM = []byte("\xef\xbb\xbf")

// object reads the members of a JSON object. What only makes it invalid beside the
// members that count (a byte-order mark, NaN for a number, a raw line break in a
// string, a comma too many) is passed over, and so is what stands behind the object.
// It returns nil when the body does not begin with a whole JSON object.
func object(body []byte) map[string]json.RawMessage {
	body = bytes.TrimPrefix(bytes.TrimSpace(body), utf8BOM)
	if len(body) == 0 || body[0] != '{' {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) == nil {
		return members
	}
	members = nil // of what is not valid, Unmarshal may have kept a part
	if json.NewDecoder(bytes.NewReader(repaired(body))).Decode(&members) != nil {
		return nil
	}
	return members
}

// jsonToken matches what repaired looks at: a string, a bare word, or a comma before a
// closing bracket; inString what JSON does not allow in a string, and each escape.
var (
	jsonToken = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.)*"|[-+.\w]+|,\s*[}\]]`)
	inString  = regexp.MustCompile(`(?s)[\x00-\x1f]|\\.`)
)

// repaired returns JSON with null for every bare word that JSON does not know, such
// as NaN, -Infinity, None or 007, and with control characters and unknown escapes
// in strings escaped, and without commas before a closing bracket.
func repaired(body []byte) []byte {
	return jsonToken.ReplaceAllFunc(body, func(token []byte) []byte {
		switch {
		case token[0] == '"':
			return inString.ReplaceAllFunc(token, escaped)
		case token[0] == ',':
			return token[1:]
		case json.Valid(token):
			return token
		}
		return []byte("null")
	})
}

// escaped returns a control character as an escape, and an escape as one that JSON knows.
func escaped(token []byte) []byte {
	switch {
	case token[0] < ' ':
		return fmt.Appendf(nil, `\u%04x`, token[0])
	case strings.IndexByte(`"\/bfnrtu`, token[1]) < 0:
		return append([]byte{'\\'}, token...)
	}
	return token
}

// text returns the value of a JSON string, and "" for any other value.
func text(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// number returns the value of a JSON number, or of one in a string, and fallback
// for any other value.
func number(raw json.RawMessage, fallback float64) float64 {
	var n json.Number
	if json.Unmarshal(raw, &n) != nil {
		return fallback
	}
	f, err := n.Float64()
	if err != nil {
		return fallback
	}
	return f
}

// position returns a queue position, -1 for what is none.
func position(raw json.RawMessage) int {
	if n := number(raw, -1); n >= 0 && n <= math.MaxInt32 {
		return int(n)
	}
	return -1
}
