package natsstore

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"polltop/poller"
)

const (
	// chunkSize is how many tasks lie in one key: with one task a key, 10,000 tasks would be as
	// many writes, one after the other.
	chunkSize = 64
	// unpackedMost bounds an uncompressed value, in bytes, against one that is damaged.
	unpackedMost = 64 << 20
)

func chunkKey(number int32) string   { return fmt.Sprintf("tasks.%d", number) }
func payloadKey(number int64) string { return fmt.Sprintf("payload.%d", number) }
func inputKey(number int64) string   { return fmt.Sprintf("input.%d", number) }

// chunk is the value of a key tasks.N.
type chunk struct {
	By    string                    `json:"by"` // the process that wrote it
	Tasks map[int32]json.RawMessage `json:"tasks"`
}

// savedPayload is the value of a key payload.N.
type savedPayload struct {
	By    string          `json:"by"`
	Draft bool            `json:"draft,omitempty"` // it is not to be sent yet
	About json.RawMessage `json:"about"`
	// Payload is that of About without its base.
	*poller.Payload `json:"-"`
}

// saved returns a payload as it is stored.
func (s *Store) saved(about []byte, draft bool) (savedPayload, error) {
	p := savedPayload{By: s.holder, Draft: draft, About: about}
	return p, json.Unmarshal(about, &p.Payload)
}

// packers are used again, as each takes 1.2 MB.
var packers = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is valid
	return w
}}

// pack returns a value as compressed JSON.
func pack(v any) ([]byte, error) {
	var out bytes.Buffer
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&out)
	err := errors.Join(json.NewEncoder(w).Encode(v), w.Close())
	return out.Bytes(), err
}

// unpack reads a value of pack.
func unpack(value []byte, v any) error {
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(value)), unpackedMost))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
