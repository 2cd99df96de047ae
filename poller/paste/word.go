package paste

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"polltop/poller/queue"
)

// around is what is trimmed off words, but for the … of an id that is cut short.
const around = "\"'`“”‘’«»„()[]{}<>*•·|,;!?~\\"

// trimWord returns a word without what stands around it.
func trimWord(word string) string {
	// Most words have nothing or these signs around them, which are trimmed faster.
	for _, usual := range []string{"", "\"'()[],;"} {
		if cut := strings.Trim(word, usual); cut != "" && isAlnum(cut[0]) && isAlnum(cut[len(cut)-1]) {
			return cut
		}
	}
	cut := strings.Trim(word, around)
	if isCut(cut) {
		return cut
	}
	if isPlaceholder(word) && !strings.Contains(word, "/") {
		return word
	}
	return strings.TrimLeft(strings.TrimRight(strings.Trim(cut, around+"…"), ".:"), "+-")
}

func trimBlanks(text string) string { return strings.TrimLeft(text, " \t") }
func isLetter(b byte) bool          { return b|0x20 >= 'a' && b|0x20 <= 'z' }
func isAlnum(b byte) bool           { return b >= '0' && b <= '9' || isLetter(b) }

func hasDigit(text string) bool {
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			return true
		}
	}
	return false
}

// quotedEscapes decodes the escapes of a quoted text as far as ids, addresses and values need.
var quotedEscapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`, `\/`, `/`, `\n`, "\n", `\r`, "\n", `\t`, "\t",
	`\u0022`, `"`, `\u003d`, "=", `\u0026`, "&", `\u003c`, "<", `\u003e`, ">", `\u002f`, "/", `\u002F`, "/", `\u003D`, "=", `\x22`, `"`)

// maxShown bounds outside text in a reason, in bytes.
const maxShown = 100

// shown returns outside text as a reason may hold it: bounded and escaped.
func shown(content string) string {
	quoted := strconv.Quote(queue.Clip(content, maxShown))
	return quoted[1 : len(quoted)-1]
}

// place is what an address says.
type place struct {
	*queue.Address
	// ID is that of the request, "" for none, and Endpoint is "" where it can't be one.
	ID, Endpoint string
	// Missing says that a variable or nothing is its id, Page that it is a web page about it.
	Missing, Page bool
}

// created returns the endpoint of an address to which requests are sent, "" for none.
func (a *place) created() string {
	if a == nil || a.ID != "" {
		return ""
	}
	return a.Endpoint
}

// maxAddress bounds an address, in bytes.
const maxAddress = 8 << 10

var (
	// addressParts are what an address has.
	addressParts = []string{"://", "/requests", "/v1/queue/", "/v2/models/", "%2F"}
	// pageForm matches the address of a web page that tells a request.
	pageForm = regexp.MustCompile(`(?:/requests/|[?&]request_id=)([0-9a-fA-F-]{36}|mmsu_[0-9a-z]{26}|[cd][0-9a-v]{18}[0g])(?:[/?#&]|$)`)
	escapes  = strings.NewReplacer(`\/`, "/", "&amp;", "&")
)

// mayBeAddress tells cheaply that a word is none.
func mayBeAddress(word string) bool {
	return len(word) > 8 && len(word) < maxAddress && strings.ContainsAny(word, "/%") && containsOne(word, addressParts)
}

func containsOne(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// readPlace reads a word as an address; nil if it is none.
func readPlace(word string, bases []*queue.Base) *place {
	if !mayBeAddress(word) {
		return nil
	}
	if strings.Contains(word, "%2F") && !strings.Contains(word, "/requests") {
		word, _ = url.PathUnescape(word)
	}
	a := &place{Address: queue.ReadAddress(strings.TrimLeft(escapes.Replace(word), "="), bases)}
	if fitsEndpoint(a.Address.Endpoint) {
		a.Endpoint = a.Address.Endpoint
	}
	switch id := a.Address.ID; {
	case a.OfRequest && (id == "" || id[0] == '$' || isCut(id)):
		a.Missing = true
	case a.OfRequest && fitsID(id):
		a.ID = id
	case a.Service == "":
		if m := pageForm.FindStringSubmatch(a.Text); m != nil {
			a.ID, a.Page = m[1], true
		} else if !strings.Contains(a.Text, "://") {
			return nil
		}
	}
	return a
}
