package queue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxErrorLine bounds an error in one line, in bytes.
const maxErrorLine = 500

// isAPIError reports whether the body of an HTTP error is one of the API's own: a
// JSON object that says what is wrong in one of the documented members.
func (r *reply) isAPIError() bool {
	return slices.ContainsFunc([]string{"error", "detail", "message", "status", "error_type"}, func(name string) bool {
		return !isBlank(r.object()[name])
	})
}

// apiError describes the members of an HTTP error's body in one line, and returns its error
// type, or else its code. Both are empty for a body that is none of the API's own.
// The input that a validation error repeats is never part of it.
func apiError(members map[string]json.RawMessage) (code, message string) {
	code, message = errorMembers(members)
	if errorType := text(members["error_type"]); errorType != "" {
		message = cmp.Or(text(members["upstream_detail"]), message)
		return Clip(errorType, maxType), oneLine(withCode(errorType, message))
	}
	return Clip(code, maxType), oneLine(message)
}

// errorMembers reads the members of an error's body, in all the shapes that the
// services are known to use.
func errorMembers(members map[string]json.RawMessage) (code, message string) {
	switch {
	case !isBlank(members["error"]):
		// {"error": "text"}, {"error": {"code", "message"}}, {"error": {"message", "type"}}
		code, message = errorValue(members["error"])
		code = cmp.Or(code, scalar(object(members["provider_error"])["code"]))
		return code, withCode(code, message)
	case !isBlank(members["detail"]):
		// {"detail": "text"}, {"detail": [{"loc", "msg", "type"}]}
		return errorValue(members["detail"])
	case object(members["status"]) != nil:
		// {"status": {"code", "message", "error_code"}, "data": null}
		status := object(members["status"])
		if code, message = scalar(status["error_code"]), text(status["message"]); code != "" {
			return code, message + " (" + code + ")"
		}
		return scalar(status["code"]), message
	}
	return "", cmp.Or(text(members["message"]), text(members["msg"]), text(members["status"]))
}

// errorValue reads the value of a member error or detail: a text, an object with
// code and message, a list of validation errors, or something else, which is then
// returned as it stands.
func errorValue(raw json.RawMessage) (code, message string) {
	if message = text(raw); isBlank(raw) {
		return "", ""
	} else if message != "" {
		return "", message
	}
	if m := object(raw); m != nil {
		code = cmp.Or(scalar(m["code"]), scalar(m["type"]), scalar(m["error_type"]), scalar(m["error_code"]))
		message = cmp.Or(text(m["message"]), text(m["error_message"]), text(m["msg"]), text(m["detail"]), text(m["error"]))
		if code == "" && message == "" {
			delete(m, "input") // what the user sent is no error
			rest, _ := json.Marshal(m)
			message = string(rest)
		}
		return code, message
	}
	if list := errorList(raw); list != nil {
		return validationError(list)
	}
	return "", string(bytes.TrimSpace(raw))
}

// errorList returns the entries of a list of errors; nil for what is none.
func errorList(raw json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
		return nil
	}
	return list
}

// validationError reads a list of {loc, msg, type}, as fal and pydantic have it:
// the first in full, and how many more there are.
func validationError(list []json.RawMessage) (code, message string) {
	message = text(list[0])
	if members := object(list[0]); members != nil {
		code = text(members["type"])
		message = cmp.Or(text(members["msg"]), text(members["message"]), code, "invalid")
		if at := location(members["loc"]); at != "" {
			message = at + ": " + message
		}
	}
	if len(list) > 1 {
		message += fmt.Sprintf(" (+%d more)", len(list)-1)
	}
	return code, message
}

// location returns where in the input a validation error is: images[0].url.
func location(raw json.RawMessage) string {
	var b strings.Builder
	for i, part := range errorList(raw) {
		name := text(part)
		switch {
		case i == 0 && name == "body":
		case name == "":
			fmt.Fprintf(&b, "[%s]", scalar(part))
		case b.Len() > 0:
			b.WriteString("." + name)
		default:
			b.WriteString(name)
		}
	}
	return b.String()
}

// withCode returns a message with its code before it, once.
func withCode(code, message string) string {
	switch {
	case message == "":
		return code
	case code == "" || strings.HasPrefix(message, code):
		return message
	}
	return code + ": " + message
}

// blank are the values that say nothing: 0 is the code of no error.
var blank = []string{"", "null", "false", "0", `"0"`, `""`, "[]", "{}"}

// isBlank reports whether a value says nothing, or is an object of such values.
func isBlank(raw json.RawMessage) bool {
	if slices.Contains(blank, string(bytes.TrimSpace(raw))) {
		return true
	}
	var words string
	if json.Unmarshal(raw, &words) == nil {
		return strings.TrimSpace(words) == ""
	}
	members := object(raw)
	for _, value := range members {
		if !isBlank(value) {
			return false
		}
	}
	return members != nil
}

// scalar returns a text, or a number as it is written; "" for any other value.
func scalar(raw json.RawMessage) string {
	var n json.Number
	if s := text(raw); s != "" || json.Unmarshal(raw, &n) != nil {
		return s
	}
	return n.String()
}

// oneLine returns a text in one line, without control characters, cut to maxErrorLine.
func oneLine(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	return Clip(strings.Join(words, " "), maxErrorLine)
}

// gatewayMessage describes an HTTP error that is not the API's own. The title of
// a web page is added where it says more than the HTTP status.
func gatewayMessage(code int, body []byte) string {
	if code == http.StatusProxyAuthRequired {
		return "HTTP 407: the proxy wants a user and password: write them into its address, as in http://user:password@proxy:3128"
	}
	message := fmt.Sprintf("HTTP %d (no JSON)", code)
	title := oneLine(htmlTitle(body))
	if title == "" || strings.Contains(title, strconv.Itoa(code)) || strings.EqualFold(title, http.StatusText(code)) {
		return message
	}
	return message + ": " + title
}

var titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// htmlTitle returns the title of an HTML page, which is where gateways put what
// went wrong, or "" when there is none.
func htmlTitle(body []byte) string {
	found := titleTag.FindSubmatch(body[:min(len(body), 8192)])
	if found == nil {
		return ""
	}
	return strings.TrimSpace(string(found[1]))
}
