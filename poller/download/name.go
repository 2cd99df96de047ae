package download

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"polltop/poller/queue"

	"golang.org/x/text/unicode/norm"
)

// maxSegment bounds the length of a file's or folder's name in bytes. Common
// file systems take 255, but eCryptfs only 143, and the name of a part is
// longer than that of its file by len(".01234567.part-info").
const maxSegment = 120

// endpointSegments bounds the folders that an endpoint becomes.
const endpointSegments = 6

// The endings of a part, and of the note and the lock beside it. No other file's name ends so.
const (
	partEnding = ".part"
	infoEnding = ".part-info"
	lockEnding = ".part-lock"
)

// outputName returns the name of the job's file with the given extension, such as
// fal-ai/flux/1f0c-1.png: a path under the output directory, with slashes, that is
// safe on every system. The endpoint makes the folders; the request's id and the
// output's number make the name unique.
func outputName(j *Job, extension string) string {
	number, ending := "-"+strconv.Itoa(j.N), "."+extension
	most := maxSegment - len(ending)
	file := safeSegment(queue.Truncate(cmp.Or(j.Request.ID, "unknown"), most-len(number))+number, most) + ending
	return path.Join(append(endpointFolders(j.Request.Endpoint), file)...)
}

// endpointFolders returns the folders for an endpoint, at least one.
func endpointFolders(endpoint string) []string {
	parts := slices.DeleteFunc(strings.Split(queue.Truncate(endpoint, 4*maxSegment), "/"), func(part string) bool { return part == "" })
	if len(parts) == 0 {
		return []string{"unknown"}
	}
	if len(parts) > endpointSegments {
		parts = append(parts[:endpointSegments-1], strings.Join(parts[endpointSegments-1:], "_"))
	}
	for i, part := range parts {
		parts[i] = safeSegment(part, maxSegment)
	}
	return parts
}

// ownEnding matches a name that ends as one of ours, deviceName one that Windows would take for a
// device, whatever its extension.
var (
	ownEnding  = regexp.MustCompile(`(?i)\.(part(?:-info|-lock)?)$`)
	deviceName = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9]) *(?:\.|$)`)
)

// punctuation is what a name may hold beside letters, marks and digits: nothing
// that a shell, Windows or a URL gives a meaning to.
const punctuation = "-_.+=@,() "

// safeSegment returns a name for a file or folder made of text that came from
// elsewhere, at most limit bytes long: one that Windows, macOS and Linux all
// take, and all take for one name in one folder. Safe text stays as it is.
func safeSegment(text string, limit int) string {
	// A name of megabytes is not worth looking at as a whole.
	text = strings.ToValidUTF8(queue.Truncate(text, 4*maxSegment), "_")
	// macOS and others take composed and decomposed letters for the same.
	text = norm.NFC.String(text)
	text = strings.Map(safeRune, text)
	text = strings.TrimLeft(text, " ")
	// Windows drops dots and spaces at the end without a word.
	text = strings.TrimRight(queue.Truncate(text, limit), ". ")
	if text == "" {
		return "_"
	}
	switch first, size := utf8.DecodeRuneInString(text); {
	case first == '.', // hidden, and "."; and ".." is empty by now
		first == '-', // taken for an option by commands
		unicode.Is(unicode.M, first):
		text = "_" + text[size:]
	}
	text = ownEnding.ReplaceAllString(text, "_$1")
	if device := deviceName.FindStringSubmatchIndex(text); device != nil {
		end := device[3]
		text = text[:end-1] + "_" + text[end:]
	}
	return text
}

// safeRune returns the character, or an underscore for one that a name should
// not hold: separators, control characters, those that can't be seen or turn the
// direction of what follows, and all that is neither letter, mark nor digit.
func safeRune(r rune) rune {
	switch {
	case r < utf8.RuneSelf && strings.ContainsRune(punctuation, r):
		return r
	case unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return '_'
	case unicode.In(r, unicode.L, unicode.M, unicode.Nd):
		return r
	}
	return '_'
}

// numbered returns the k-th name to try for a file: the name itself, then with
// -2, -3 and so on before its extension.
func numbered(name string, k int) string {
	if k < 2 {
		return name
	}
	folder, file := path.Split(name)
	ending := path.Ext(file)
	if len(ending) > maxExtension+1 {
		ending = "" // a dot in a name, not an extension
	}
	number := "-" + strconv.Itoa(k)
	stem := strings.TrimSuffix(file, ending)
	stem = strings.TrimRight(queue.Truncate(stem, maxSegment-len(number)-len(ending)), ". ")
	return folder + stem + number + ending
}
