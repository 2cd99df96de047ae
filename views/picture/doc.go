// Package picture turns a picture into what a terminal can show: half blocks
// for any terminal with colors, and the sequences of the Kitty, iTerm2 and
// Sixel protocols for those that draw pixels. It does no I/O and knows nothing
// of the program around it: bytes and sizes in, strings out.
//
// Half blocks and Kitty's placeholders are ordinary cells, so that they scroll, clip and vanish
// with the lines that they stand in. iTerm2's and Sixel's pictures are painted over the cells,
// at a place of the screen, by a sequence that no cell buffer knows of: see [PaintAt].
package picture
