package words_test

import (
	"testing"

	"polltop/poller/paste/words"
)

func TestIDKind(t *testing.T) {
	for word, want := range map[string]words.Kind{
		"mmsu_01kd1j5kmvpkm4qev47hww1kep":      words.MMSU,
		"mmsu_01kd1j5kmvpkm4qev47hww1keP":      words.Other, // no capital is in one
		"mmsu_01kd1j5kmv":                      words.Short,
		"mmsu_job":                             words.Other, // no digit
		"764cabcf-b745-4b3e-ae38-1200304cf45b": words.UUID,
		"764cabcf-b745-4b3e-ae38-1200304cf45":  words.Other,
		"d0vb1s2qpd69ejrfh5a0":                 words.XID,
		"d0vb1s2qpd69ejrfh5az":                 words.Other, // z is no digit of base 32
		"creativecommonslogin":                 words.Other,
		"764cabcf…cf45b":                       words.Truncated,
		"loading...":                           words.Other,
		"1.2.3...":                             words.Other,
	} {
		if got := words.IDKind(word); got != want {
			t.Errorf("%q is %d, want %d", word, got, want)
		}
	}
}

func TestKindOf(t *testing.T) {
	for word, want := range map[string]words.Kind{
		"wan26_i2v":       words.Model,
		"fal-ai/anything": words.Model,
		"acme/upscale":    words.Path,
		"kling":           words.Family,
		"my_default":      words.Model, // it is the default endpoint
		"IN_QUEUE":        words.Status,
		"12.5s":           words.Number,
		"2026-05-01":      words.Number,
		"1024x1024":       words.Number,
		"cat07":           words.Ambiguous,
		"out_file.png":    words.Other,
		"wan26_i2v.mp4":   words.Other,
		"acme/764cabcf-b745-4b3e-ae38-1200304cf45b": words.Pair,
		"9fceb02d0ae598e95dc970b74767f19372d61af8":  words.Other,
		"hello": words.Other,
		"kling_v3:mmsu_01kd1j5kmvpkm4qev47hww1kep":     words.Embedded,
		"kling_v3_mmsu_01kd1j5kmvpkm4qev47hww1kep.mp4": words.Other,
		"kling/mmsu_01kd1j5kmvpkm4qev47hww1kep":        words.Pair,
	} {
		if got := words.KindOf(word, "my_default"); got != want {
			t.Errorf("%q is %d, want %d", word, got, want)
		}
	}
}

func TestKeyKind(t *testing.T) {
	for key, want := range map[string]words.Kind{
		"kling_v3": words.Model, "fal-ai/flux": words.Model, "veo": words.Family, "KLING_JOB": words.Variable, "klingJob": words.Variable,
		"kling_task_id": words.Variable, "KLING_V3": words.Variable, "FIRST": words.Other, "cat07": words.Ambiguous,
	} {
		if got := words.KeyKind(key, ""); got != want {
			t.Errorf("%q is %d, want %d", key, got, want)
		}
	}
}

func TestClassOf(t *testing.T) {
	for key, want := range map[string]words.Class{
		"request_id": words.RequestKey, "Request IDs": words.RequestKey, "requestId": words.RequestKey, "data-request-id": words.RequestKey, "REQUEST_ID_2": words.RequestKey,
		"falRequestId": words.ServiceKey, "task_id": words.TaskKey, "jobs": words.TaskKey, "id": words.IDKey, "model_name": words.EndpointKey,
		"user_id": words.OtherKey, "X-Api-Key": words.OtherKey, "seed": words.OtherKey, "x-fal-request-id": words.PlainKey, "note": words.PlainKey, "method": words.WebKey,
	} {
		if got := words.ClassOf(key); got != want {
			t.Errorf("%q is %d, want %d", key, got, want)
		}
	}
}

func TestTrim(t *testing.T) {
	for word, want := range map[string]string{
		`"mmsu_1",`: "mmsu_1", "(abc).": "abc", "«a1»": "a1", "764cabcf…": "764cabcf…", "-x1:": "x1", "{id}": "{id}", "…": "", "a/b": "a/b",
	} {
		if got := words.Trim(word); got != want {
			t.Errorf("%q is trimmed to %q, want %q", word, got, want)
		}
	}
}
