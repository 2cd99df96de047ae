package queue

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

var utf8BOM = []byte("\xef\xbb\xbf")

// object is a decoded JSON object. Its values are string, json.Number, bool, nil, []any or
// map[string]any.
type object map[string]any

// parseObject decodes a JSON object. It tolerates common mistakes (a byte-order mark, NaN for a
// number, a line break in a string, a trailing comma) and text behind the object. It returns nil if
// the body does not begin with a complete JSON object.
func parseObject(body []byte) object {
	body = bytes.TrimPrefix(bytes.TrimSpace(body), utf8BOM)
	if len(body) == 0 || body[0] != '{' {
		return nil
	}
	o, err := decode[object](body)
	if err != nil {
		o, err = decode[object](repairJSON(body))
	}
	if err != nil {
		return nil // o may be incomplete
	}
	return o
}

func decode[T any](body []byte) (value T, err error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

// object returns a member that is an object; nil for any other value.
func (o object) object(name string) object {
	inner, _ := o[name].(map[string]any)
	return inner
}

// text returns the first of the named members that is a string and not empty; "" for none.
func (o object) text(names ...string) string {
	for _, name := range names {
		if s, _ := o[name].(string); s != "" {
			return s
		}
	}
	return ""
}

// scalar returns the first of the named members that is a string and not empty, or a number as it is
// written; "" for none.
func (o object) scalar(names ...string) string {
	for _, name := range names {
		if s := scalar(o[name]); s != "" {
			return s
		}
	}
	return ""
}

// text returns the value of a JSON string, and "" for any other value.
func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s) // any other value leaves s ""
	return s
}

// scalar returns a string, or a number as it is written; "" for any other value.
func scalar(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// number parses a number from low to high; it returns fallback for any other text.
func number(text string, low, high, fallback float64) float64 {
	if f, err := strconv.ParseFloat(text, 64); err == nil && f >= low && f <= high {
		return f
	}
	return fallback
}

// jsonToken matches a string, a bare word, or a comma before a closing bracket. inString matches an
// escape, or a control character that JSON does not allow in a string.
var (
	jsonToken = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.)*"|[-+.\w]+|,\s*[}\]]`)
	inString  = regexp.MustCompile(`(?s)[\x00-\x1f]|\\.`)
)

// repairJSON replaces invalid bare words, such as NaN, -Infinity, None or 007, by null, escapes
// control characters and invalid escapes in strings, and removes trailing commas.
func repairJSON(body []byte) []byte {
	return jsonToken.ReplaceAllFunc(body, func(token []byte) []byte {
		switch {
		case token[0] == '"':
			return inString.ReplaceAllFunc(token, escapeToken)
		case token[0] == ',':
			return token[1:]
		case json.Valid(token):
			return token
		}
		return []byte("null")
	})
}

// escapeToken escapes a control character, and the backslash of an invalid escape.
func escapeToken(token []byte) []byte {
	switch {
	case token[0] < ' ':
		return fmt.Appendf(nil, `\u%04x`, token[0])
	case strings.IndexByte(`"\/bfnrtu`, token[1]) < 0:
		return append([]byte{'\\'}, token...)
	}
	return token
}

// compressedFault returns the fault of an answer that polltop can't decompress and did not ask to be
// compressed.
func compressedFault(encoding string) *Fault {
	return &Fault{Kind: BadAnswer, Message: fmt.Sprintf("the answer is compressed (%s), which nobody asked for", encoding)}
}

// readBody reads at most limit+1 bytes of an answer. It decompresses the body, because some gateways
// compress without being asked. A result longer than limit was truncated.
func readBody(response *http.Response, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, err
	}
	encoding := strings.ToLower(strings.TrimSpace(response.Header.Get("Content-Encoding")))
	var plain io.Reader
	switch {
	case bytes.HasPrefix(body, []byte{0x1f, 0x8b}): // gzip, also without a header
		plain, err = gzip.NewReader(bytes.NewReader(body))
	case encoding == "deflate":
		plain, err = zlib.NewReader(bytes.NewReader(body))
	case (encoding == "br" || encoding == "zstd" || encoding == "compress") && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")):
		return nil, compressedFault(encoding)
	default:
		return body, nil
	}
	if err != nil {
		return nil, compressedFault("damaged " + encoding)
	}
	if body, err = io.ReadAll(io.LimitReader(plain, limit+1)); err != nil {
		return nil, compressedFault("damaged " + encoding)
	}
	return body, nil
}
