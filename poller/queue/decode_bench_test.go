package queue

import (
	"testing"
	"time"
)

// staticAnswer is a status answer of usual size, 238 bytes with the line's end.
const staticAnswer = `{"status":"IN_PROGRESS","request_id":"mmsu_01hxyz0123456789abcdefghj","queue_position":0,` +
	`"response_url":"http://127.0.0.1:8080/model/v1/queue/wan26_i2v/requests/mmsu_01hxyz0123456789abcdefghj/response","metrics":{"inference_time":12.34}}` + "\n"

// BenchmarkDecode compares reading an answer with reading it by encoding/json alone:
// both in one run, as the ratio of their times.
func BenchmarkDecode(b *testing.B) {
	r := Request{ID: "mmsu_01hxyz0123456789abcdefghj", Endpoint: "wan26_i2v", Base: testBase(b, "http://127.0.0.1:8080/model")}
	body := []byte(staticAnswer)
	took := map[string]time.Duration{}
	for _, way := range []struct {
		name   string
		decode func([]byte, Request) (Answer, *Fault)
	}{{"reference", referenceDecode}, {"plain", DecodeAnswer}} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, fault := way.decode(body, r); fault != nil {
					b.Fatal(fault)
				}
			}
			took[way.name] = b.Elapsed() / time.Duration(b.N)
			if reference := took["reference"]; way.name == "plain" && reference > 0 {
				b.ReportMetric(float64(reference)/float64(took[way.name]), "x-faster")
			}
		})
	}
}
