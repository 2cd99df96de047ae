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

// utf8BOM is the byte-order mark that some programs write before JSON.
var utf8BOM = []byte("\xef\xbb\xbf")

// object is a JSON object: by name a string, json.Number, bool, nil, []any or map[string]any.
type object map[string]any

// objectOf reads a JSON object. What only makes it invalid beside the members that count
// (a byte-order mark, NaN for a number, a raw line break in a string, a comma too many) is
// passed over, and so is what stands behind the object. It returns nil when the body does
// not begin with a whole JSON object.
func objectOf(body []byte) object {
	body = bytes.TrimPrefix(bytes.TrimSpace(body), utf8BOM)
	if len(body) == 0 || body[0] != '{' {
		return nil
	}
	o, err := decode[object](body)
	if err != nil {
		o, err = decode[object](repaired(body))
	}
	if err != nil {
		return nil // of what is not valid, a part may have been decoded
	}
	return o
}

func decode[T any](body []byte) (value T, err error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

// object returns a member that is an object, nil for any other value.
func (o object) object(name string) object {
	inner, _ := o[name].(map[string]any)
	return inner
}

// text returns the first of the named members that is a text, and not empty; "" for none.
func (o object) text(names ...string) string {
	for _, name := range names {
		if s, _ := o[name].(string); s != "" {
			return s
		}
	}
	return ""
}

// scalar returns the first that is a text that is not empty, or a number, as it is written.
func (o object) scalar(names ...string) string {
	for _, name := range names {
		if s := scalar(o[name]); s != "" {
			return s
		}
	}
	return ""
}

// text returns the value of a JSON string, and "" for any other value.
func text(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// scalar returns a text, or a number as it is written; "" for any other value.
func scalar(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// number returns the number in a text if it is from low to high, and other for any other text.
func number(text string, low, high, other float64) float64 {
	if f, err := strconv.ParseFloat(text, 64); err == nil && f >= low && f <= high {
		return f
	}
	return other
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

// compressed returns the fault of an answer in a compression that was not requested and that
// polltop can't decompress.
func compressed(encoding string) *Fault {
	return &Fault{Kind: BadAnswer, Message: fmt.Sprintf("the answer is compressed (%s), which nobody asked for", encoding)}
}

// readBody reads at most limit+1 bytes of an answer and decompresses it: some gateways
// compress for clients that do not accept it. A body of more than limit bytes was cut.
func readBody(response *http.Response, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, err
	}
	encoding := strings.ToLower(strings.TrimSpace(response.Header.Get("Content-Encoding")))
	var plain io.Reader
	switch {
	case bytes.HasPrefix(body, []byte{0x1f, 0x8b}): // gzip, also where no header says so
		plain, err = gzip.NewReader(bytes.NewReader(body))
	case encoding == "deflate":
		plain, err = zlib.NewReader(bytes.NewReader(body))
	case (encoding == "br" || encoding == "zstd" || encoding == "compress") && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")):
		return nil, compressed(encoding)
	default:
		return body, nil
	}
	if err != nil {
		return nil, compressed("damaged " + encoding)
	}
	if body, err = io.ReadAll(io.LimitReader(plain, limit+1)); err != nil {
		return nil, compressed("damaged " + encoding)
	}
	return body, nil
}
