package queue

import (
	"os"
	"testing"
)

func TestSampleFile(t *testing.T) {
	text, err := os.ReadFile("../../tasks.sample.txt")
	if err != nil {
		t.Fatal(err)
	}
	source := Source{Bases: []*Base{testBase(t, DefaultBaseURL)}, Endpoint: "nano_banana_2"}
	requests, problems := source.Parse(string(text))
	for _, problem := range problems {
		t.Errorf("problem: %v", problem)
	}
	const assumed, wan = "", "wan26_i2v"
	want := []struct{ endpoint, id string }{
		{assumed, "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6"},
		{assumed, "cnhb1lde878c738nq0b0"},
		{assumed, "764cabcf-b745-4b3e-ae38-1200304cf45b"},
		{wan, "mmsu_01hxyz9m1cb3d5f7g9h1j3k5m7"},
		{wan, "mmsu_01hxyza0pdr4t6v8w0x2y4z6a8"},
		{"fal-ai/flux/dev", "4f1c2a9e-0b7d-4c58-9a63-5d2e8f7b1c04"},
		{wan, "mmsu_01hy037h93d5e7f9g1h3j5k7m9"},
		{assumed, "mmsu_01hxyzb7kea1b3c5d7e9f1g3h5"},
		{assumed, "mmsu_01hxyzc2mfb2c4d6e8f0g2h4j6"},
		{wan, "mmsu_01hxyzd4ngc3d5e7f9g1h3j5k7"},
		{wan, "mmsu_01hxyze6phd4e6f8g0h2j4k6m8"},
		{assumed, "mmsu_01hxyzf8qje5f7g9h1j3k5m7n9"},
		{assumed, "mmsu_01hxyzg0rkf6g8h0j2k4m6n8p0"},
		{assumed, "mmsu_01hxyzh2smg7h9j1k3m5n7p9q1"},
		{assumed, "mmsu_01hxyzj4tnh8j0k2m4n6p8q0r2"},
		{wan, "mmsu_01hxyzk6vpj9k1m3n5p7q9r1s3"},
		{wan, "mmsu_01hxyzm8wqk0m2n4p6q8r0s2t4"},
		{wan, "mmsu_01hxyzn0xrm1n3p5q7r9s1t3v5"},
		{assumed, "mmsu_01hxyzp2ysn2p4q6r8s0t2v4w6"},
		{wan, "mmsu_01hxyzq4ztp3q5r7s9t1v3w5x7"},
		{"nano_banana_2", "mmsu_01hxyzr60vq4r6s8t0v2w4x6y8"},
		{wan, "mmsu_01hxyzs81wr5s7t9v1w3x5y7z9"},
		{wan, "mmsu_01hxyzt02xs6t8v0w2x4y6z8a0"},
		{wan, "mmsu_01hxyzv23yt7v9w1x3y5z7a9b1"},
		{assumed, "mmsu_01hxyzw44zv8w0x2y4z6a8b0c2"},
		{wan, "mmsu_01hxyzx650w9x1y3z5a7b9c1d3"},
		{wan, "mmsu_01hxyzy871x0y2z4a6b8c0d2e4"},
		{wan, "mmsu_01hxyzz092y1z3a5b7c9d1e3f5"},
		{wan, "mmsu_01hy001b3z2a4b6c8d0e2f4g6"},
		{assumed, "mmsu_01hy013d50b3c5d7e9f1g3h5j7"},
		{assumed, "mmsu_01hy025f71c4d6e8f0g2h4j6k8"},
	}
	for i := range max(len(want), len(requests)) {
		if i >= len(want) || i >= len(requests) {
			t.Fatalf("%d requests, want %d; the first that differs: %+v", len(requests), len(want), requests[min(i, len(requests)-1)])
		}
		expect := Request{ID: want[i].id, Endpoint: want[i].endpoint, Base: source.Bases[0]}
		if want[i].endpoint == assumed {
			expect.Endpoint, expect.Assumed = "nano_banana_2", true
		}
		if requests[i] != expect {
			t.Errorf("request %d is %+v, want %+v", i, requests[i], expect)
		}
	}
}
