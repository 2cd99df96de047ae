package queue

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"
)

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
