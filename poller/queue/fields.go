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

// number returns the value of a JSON number from low to high, or of one in a string, and other
// for any other value.
func number(raw json.RawMessage, low, high, other float64) float64 {
	var n json.Number
	if json.Unmarshal(raw, &n) != nil {
		return other
	}
	f, err := n.Float64()
	if err != nil || f < low || f > high {
		return other
	}
	return f
}

// errEncoding is an answer in a compression that was not requested and that polltop can't
// decompress.
type errEncoding string

func (e errEncoding) Error() string {
	return fmt.Sprintf("the answer is compressed (%s), which nobody asked for", string(e))
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
		return nil, errEncoding(encoding)
	default:
		return body, nil
	}
	if err != nil {
		return nil, errEncoding("damaged " + encoding)
	}
	if body, err = io.ReadAll(io.LimitReader(plain, limit+1)); err != nil {
		return nil, errEncoding("damaged " + encoding)
	}
	return body, nil
}
