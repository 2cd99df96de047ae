package store

import (
	"bytes"
	"compress/flate"
	"database/sql"
	"io"
)

// kind says what a kept body is.
type kind int

const (
	answerBody kind = iota // the raw answer that ended a task
	resultBody             // its raw result
	kinds
)

// most bounds one kept body, in bytes.
func (k kind) most() int {
	if k == resultBody {
		return 1 << 20
	}
	return 16 << 10
}

// budget bounds all kept bodies of a kind together, in bytes on disk. Beyond it
// those kept longest go, a quarter at once.
func (k kind) budget() int64 {
	if k == resultBody {
		return 32 << 20
	}
	return 16 << 20
}

// dictionary holds what answers and results have in common, the commonest last:
// with it a body of 240 bytes takes some 90.
const dictionary = `"request_id": "request_id":"mmsu_","response_url": "response_url":"https://cloud.seaart.ai/model/v1/queue//requests/mmsu_/response","status_url":"cancel_url":"queue_position":0,"logs":null,` +
	`"metadata":{"prompt":"","seed":"model":"duration":"width":1024,"height":1024,"file_size":"file_name":"output.mp4.png","content_type":"video/mp4","content_type":"image/png","type":"image","type":"video","url":"https://cdn."outputs":[{"outputs": [{"` +
	`INTERNAL_SERVER_ERROR"INFERENCE_TIMEOUT"REQUEST_INVALID"CONTENT_BLOCKED"CANCELED""error":"Task execution failed","error_type":"INFERENCE_FAILURE"}"metrics":{"inference_time":{"status":"COMPLETED","request_id":"mmsu_01`

// packer makes bodies small.
type packer struct {
	buffer bytes.Buffer
	writer *flate.Writer
}

func newPacker() packer {
	writer, err := flate.NewWriterDict(io.Discard, flate.BestSpeed, []byte(dictionary))
	if err != nil {
		panic(err) // the level is wrong
	}
	return packer{writer: writer}
}

// pack returns the packed body, which is good until the next call.
func (p *packer) pack(body []byte) ([]byte, error) {
	p.buffer.Reset()
	p.writer.Reset(&p.buffer)
	if _, err := p.writer.Write(body); err != nil {
		return nil, err
	}
	if err := p.writer.Close(); err != nil {
		return nil, err
	}
	return p.buffer.Bytes(), nil
}

// unpack returns a packed body as it was. One that says it is larger than any
// that is kept is damaged.
func unpack(packed []byte, k kind) ([]byte, error) {
	reader := flate.NewReaderDict(bytes.NewReader(packed), []byte(dictionary))
	body, err := io.ReadAll(io.LimitReader(reader, int64(k.most())+1))
	if err == nil && len(body) > k.most() {
		err = errRecord
	}
	return body, err
}

// Answer returns the raw answer that ended a task, and whether it was kept.
func (s *Store) Answer(seq int32) ([]byte, bool) { return s.body(answerKey{seq, answerBody}) }

// Result returns a task's raw result, and whether it was kept.
func (s *Store) Result(seq int32) ([]byte, bool) { return s.body(answerKey{seq, resultBody}) }

func (s *Store) body(key answerKey) ([]byte, bool) {
	if body, ok := s.noted(key); ok {
		return body, true
	}
	var packed []byte
	if err := s.db.QueryRow("SELECT body FROM answers WHERE seq = ? AND kind = ?", key.seq, key.kind).Scan(&packed); err != nil {
		return nil, false // what is not there can be asked for again
	}
	body, err := unpack(packed, key.kind)
	return body, err == nil
}

func (s *Store) writeAnswers(tx *sql.Tx, answers map[answerKey][]byte) error {
	for key, body := range answers {
		s.bodyAt++
		packed, err := s.packer.pack(body)
		if err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT OR REPLACE INTO answers (seq, kind, at, body) VALUES (?, ?, ?, ?)", key.seq, key.kind, s.bodyAt, packed); err != nil {
			return err
		}
		s.kept[key.kind] += int64(len(packed))
	}
	for k := range kinds {
		if s.kept[k] > k.budget() {
			if err := s.prune(tx, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure sums up what is kept.
func (s *Store) measure() error {
	if err := s.db.QueryRow("SELECT coalesce(max(at), 0) FROM answers").Scan(&s.bodyAt); err != nil {
		return err
	}
	for k := range kinds {
		if err := s.db.QueryRow("SELECT coalesce(sum(length(body)), 0) FROM answers WHERE kind = ?", k).Scan(&s.kept[k]); err != nil {
			return err
		}
	}
	return nil
}

// prune makes room among the bodies of a kind.
func (s *Store) prune(tx *sql.Tx, k kind) error {
	rows, err := tx.Query("SELECT at, length(body) FROM answers WHERE kind = ? ORDER BY at DESC", k)
	if err != nil {
		return err
	}
	defer rows.Close()
	var kept, last int64
	for rows.Next() {
		var at, size int64
		if err := rows.Scan(&at, &size); err != nil {
			return err
		}
		if kept+size > k.budget()*3/4 {
			last = at
			break
		}
		kept += size
	}
	if err := rows.Err(); err != nil {
		return err
	}
	rows.Close()
	_, err = tx.Exec("DELETE FROM answers WHERE kind = ? AND at <= ?", k, last)
	s.kept[k] = kept
	return err
}
