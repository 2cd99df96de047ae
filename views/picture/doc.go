// Package picture turns a picture into what a terminal can show: half blocks for terminals with
// colors, and the sequences of the Kitty, iTerm2 and Sixel protocols for those that draw pixels. It
// does no I/O: bytes and sizes in, strings out.
//
// Half blocks and Kitty's placeholders are ordinary cells, which scroll and are overwritten with the
// lines around them. iTerm2's and Sixel's pictures are painted over the cells at a position of the
// screen, see [PaintAt].
package picture
