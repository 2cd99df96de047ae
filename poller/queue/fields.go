package queue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
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

// repaired returns JSON with null for every bare word that JSON does not know, such
// as NaN, -Infinity, None or 007, and with control characters and unknown escapes
// in strings escaped, and without commas before a closing bracket.
func repaired(body []byte) []byte {
	out := make([]byte, 0, len(body)+16)
	for i := 0; i < len(body); {
		switch {
		case body[i] == '"':
			end := stringEnd(body, i)
			out = appendString(out, body[i:end])
			i = end
		case isBare(body[i]):
			end := i
			for end < len(body) && isBare(body[end]) {
				end++
			}
			word := body[i:end]
			if !json.Valid(word) {
				word = []byte("null")
			}
			out = append(out, word...)
			i = end
		case body[i] == ',' && closes(body[i+1:]):
			i++
		default:
			out = append(out, body[i])
			i++
		}
	}
	return out
}

// closes reports whether the next thing in a body is a closing bracket.
func closes(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && (rest[0] == '}' || rest[0] == ']')
}

// isBare reports whether a byte can belong to a word or number outside of strings.
func isBare(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("+-._", b) >= 0
}

// stringEnd returns the index behind the JSON string that starts at i.
func stringEnd(body []byte, i int) int {
	for i++; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(body)
}

// appendString appends a quoted JSON string with what JSON does not allow in it
// escaped.
func appendString(out, quoted []byte) []byte {
	for i := 0; i < len(quoted); i++ {
		switch b := quoted[i]; {
		case b < ' ':
			out = fmt.Appendf(out, `\u%04x`, b)
		case b == '\\' && i+1 < len(quoted):
			if strings.IndexByte(`"\/bfnrtu`, quoted[i+1]) < 0 {
				out = append(out, b)
			}
			out = append(out, b, quoted[i+1])
			i++
		default:
			out = append(out, b)
		}
	}
	return out
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
