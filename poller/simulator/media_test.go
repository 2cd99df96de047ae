package simulator

import (
	"bytes"
	"net/http"
	"testing"
)

// A video is the same whenever it is asked for, and is taken for an MP4.
func TestVideo(t *testing.T) {
	for seed := range uint64(20) {
		seed *= 0x9e3779b97f4a7c15
		v := video(seed, videoSize(seed))
		if len(v) < minVideoSize || len(v) >= maxVideoSize || http.DetectContentType(v) != "video/mp4" {
			t.Errorf("%d bytes of %s", len(v), http.DetectContentType(v))
		}
		if !bytes.Equal(v, video(seed, videoSize(seed))) {
			t.Error("the same seed gives another video")
		}
	}
}
