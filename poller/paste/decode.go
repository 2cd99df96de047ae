package paste

import (
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decoder turns pieces of a text into UTF-8: its byte-order mark says whether it is
// UTF-16. Without one it is taken for UTF-8.
type decoder struct {
	transformer transform.Transformer
	rest        []byte // the end of the last piece, which is no whole character
}

// decode returns the next piece of the text in UTF-8. last says that no more follow.
func (d *decoder) decode(text string, last bool) string {
	if d.transformer == nil {
		d.transformer = unicode.BOMOverride(encoding.Nop.NewDecoder())
	}
	src := append(d.rest, text...)
	d.rest = nil
	dst := make([]byte, 2*len(src)+64)
	size := 0
	for {
		n, used, err := d.transformer.Transform(dst[size:], src, last)
		size, src = size+n, src[used:]
		if err != transform.ErrShortDst {
			break
		}
		dst = append(dst, make([]byte, len(dst))...)
	}
	if !last {
		d.rest = append(d.rest, src...)
	} else {
		size += copy(dst[size:], src)
		d.transformer.Reset()
	}
	return string(dst[:size])
}
