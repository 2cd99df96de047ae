package safe

import (
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// kind is what a code point becomes in safe text.
type kind uint8

const (
	dropped kind = iota
	lineGap      // a line break or tab
	blank        // any other space
	mark         // a combining mark on the character before it, without a cell of its own
	sign         // a vowel sign or virama on a letter of its own script
	base         // a character with cells of its own
)

// replacement replaces what can't be shown: U+FFFD, or a question mark where the
// measures disagree on that (they do when RUNEWIDTH_EASTASIAN is set).
var replacement = func() rune {
	if s := "\ufffd"; ansi.StringWidthWc(s) != ansi.StringWidth(s) {
		return '?'
	}
	return '\ufffd'
}()

// classify returns the kind of a code point and the code point that replaces it. The rules are for
// code points on which the measures of grapheme clusters and of code points disagree; a test holds
// them against both measures for all of Unicode.
func classify(r rune) (kind, rune) {
	switch {
	case r == ' ' || r == '\u00a0':
		return blank, ' '
	case isCommon(r):
		return base, r
	case r >= '\t' && r <= '\r', r == 0x85, r == 0x2028, r == 0x2029:
		return lineGap, ' '
	case isJamo(r):
		// A part of a Hangul syllable outside of one: the measures disagree on several of them.
		return base, replacement
	case r >= 0x1F1E6 && r <= 0x1F1FF:
		// Two regional indicators make a flag of two cells; the width of one differs by terminal.
		return base, 'A' + r - 0x1F1E6
	case r >= 0x1F3FB && r <= 0x1F3FF:
		// Skin tones color the emoji before them, or take two cells.
		return dropped, 0
	}
	return classifyByTable(r)
}

// isCommon reports whether a code point is visible ASCII, a line or block that bars are made of,
// Han, kana or a Hangul syllable, as most text is.
func isCommon(r rune) bool {
	return r > 0x20 && r < 0x7F || r >= 0x2500 && r <= 0x259F || r >= 0x4E00 && r <= 0x9FFF ||
		r >= 0x3041 && r <= 0x3096 || r >= 0x30A1 && r <= 0x30FA || r >= 0xAC00 && r <= 0xD7A3
}

// classifyByTable classifies a code point by its Unicode properties.
func classifyByTable(r rune) (kind, rune) {
	switch {
	case unicode.In(r, unicode.Ll, unicode.Lu) && ansi.StringWidthWc(string(r)) == 1:
		// No script with upper and lower case joins its letters.
		return base, r
	case unicode.In(r, unicode.Cf, unicode.Cc, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return dropped, 0
	case !unicode.IsGraphic(r):
		// Unassigned, private use, surrogates, noncharacters.
		return base, replacement
	case unicode.Is(unicode.Zs, r):
		return blank, ' '
	case unicode.In(r, unicode.Mn, unicode.Me):
		// Some join the letters around them to one grapheme cluster (Indic conjuncts, Unicode
		// 15.1, rule GB9c). Which of them do depends on the Unicode version of the ansi module.
		const ka = "क"
		if r >= 0x900 && clusterIs(ka+string(r)+ka) {
			return sign, r
		}
		return mark, r
	case r >= 0x300 && clusterIs("a"+string(r)):
		// It has a cell and joins the letter before it, as spacing vowel signs of Indic scripts do.
		return sign, r
	case r == '\ufffd', r >= 0x300 && clusterIs(string(r)+"a"), ansi.StringWidthWc(string(r)) != ansi.StringWidth(string(r)):
		return base, replacement
	}
	return base, r
}

func clusterIs(s string) bool {
	cluster, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return len(cluster) == len(s)
}

// signScripts are the scripts whose vowel signs take cells of their own or whose viramas join
// letters. Terminals disagree on the width of such text, see SetGraphemeClusters.
var signScripts = []*unicode.RangeTable{
	unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil,
	unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Myanmar, unicode.Khmer,
	unicode.Tibetan, unicode.Balinese, unicode.Javanese, unicode.Sundanese, unicode.Cham, unicode.Tai_Tham,
}

// signScript returns the script of a letter with signs; nil for other characters.
func signScript(letter rune) *unicode.RangeTable {
	for _, script := range signScripts {
		if letter >= 0x900 && unicode.Is(script, letter) {
			return script
		}
	}
	return nil
}

// decomposed replaces characters on which the measures disagree: Thai and Lao AM is a mark and a
// letter in one, half-width voicing marks take a cell or none.
var decomposed = map[rune]string{0x0E33: "\u0e4d\u0e32", 0x0EB3: "\u0ecd\u0eb2", 0xFF9E: "\u309b", 0xFF9F: "\u309c"}

func isJamo(r rune) bool {
	return (r >= 0x1100 && r <= 0x11FF) || (r >= 0xA960 && r <= 0xA97C) || (r >= 0xD7B0 && r <= 0xD7FB)
}
