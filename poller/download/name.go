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

// maxSegment bounds the length of a file's or folder's name in bytes. eCryptfs allows only 143, and
// the name of a part is longer than that of its file by len(".01234567.part-info").
const maxSegment = 120

// endpointSegments bounds the folders that an endpoint becomes.
const endpointSegments = 6

// The endings of a part, its partInfo and its lock. No other file's name has such an ending.
const (
	partEnding = ".part"
	infoEnding = ".part-info"
	lockEnding = ".part-lock"
)

// outputName returns the path of the job's file in the output directory, with slashes, such as
// fal-ai/flux/1f0c-1.png. It is safe on every system. The folders are the endpoint; the request's
// id and the output's number make the name unique.
func outputName(j *Job, extension string) string {
	number, ending := "-"+strconv.Itoa(j.N), "."+extension
	limit := maxSegment - len(ending)
	file := safeSegment(queue.Truncate(cmp.Or(j.Request.ID, "unknown"), limit-len(number))+number, limit) + ending
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

// internalEnding matches a name with the ending of a part, its info or its lock. deviceName matches a
// name that Windows reads as a device, whatever its extension.
var (
	internalEnding = regexp.MustCompile(`(?i)\.(part(?:-info|-lock)?)$`)
	deviceName     = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9]) *(?:\.|$)`)
)

// punctuation is allowed in a name beside letters, marks and digits: it has no meaning in a shell, on
// Windows or in a URL.
const punctuation = "-_.+=@,() "

// safeSegment returns a name for a file or folder from an untrusted text, at most limit bytes long.
// Windows, macOS and Linux all accept it as one name. Safe text stays unchanged.
func safeSegment(text string, limit int) string {
	text = strings.ToValidUTF8(queue.Truncate(text, 4*maxSegment), "_")
	text = norm.NFC.String(text) // macOS treats composed and decomposed letters as equal
	text = strings.Map(replaceUnsafe, text)
	text = strings.TrimLeft(text, " ")
	// Windows silently removes dots and spaces at the end.
	text = strings.TrimRight(queue.Truncate(text, limit), ". ")
	if text == "" {
		return "_"
	}
	switch first, size := utf8.DecodeRuneInString(text); {
	case first == '.', // a hidden file
		first == '-', // an option of a command
		unicode.Is(unicode.M, first):
		text = "_" + text[size:]
	}
	text = internalEnding.ReplaceAllString(text, "_$1")
	if device := deviceName.FindStringSubmatchIndex(text); device != nil {
		end := device[3]
		text = text[:end-1] + "_" + text[end:]
	}
	return text
}

// replaceUnsafe returns an underscore for a character that a name must not contain: separators,
// control, invisible and direction characters, and all but letters, marks, digits and punctuation.
func replaceUnsafe(r rune) rune {
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

// numbered returns the k-th name to try for a file: the name itself, then with -2, -3 and so on
// before the extension.
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
