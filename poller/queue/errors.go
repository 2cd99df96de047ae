package queue

import (
	"bytes"
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
func isAPIError(body []byte) bool {
	members := object(body)
	for _, name := range []string{"error", "detail", "message", "status", "error_type"} {
		if !isBlank(members[name]) {
			return true
		}
	}
	return false
}

// apiError describes the body of an HTTP error in one line, and returns its error
// type, or else its code. Both are empty for a body that is none of the API's own.
// The input that a validation error repeats is never part of it.
func apiError(body []byte) (code, message string) { return memberError(object(body)) }

// memberError is apiError for the members of a body.
func memberError(members map[string]json.RawMessage) (code, message string) {
	code, message = errorMembers(members)
	if errorType := text(members["error_type"]); errorType != "" {
		if upstream := text(members["upstream_detail"]); upstream != "" {
			message = upstream
		}
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
		if provider := object(members["provider_error"]); code == "" {
			code = scalar(provider["code"])
		}
		return code, withCode(code, message)
	case !isBlank(members["detail"]):
		// {"detail": "text"}, {"detail": [{"loc", "msg", "type"}]}
		return errorValue(members["detail"])
	case object(members["status"]) != nil:
		// {"status": {"code", "message", "error_code"}, "data": null}
		status := object(members["status"])
		code, message = scalar(status["error_code"]), text(status["message"])
		if code == "" {
			return scalar(status["code"]), message
		}
		return code, message + " (" + code + ")"
	}
	for _, name := range []string{"message", "msg", "status"} {
		if message = text(members[name]); message != "" {
			return "", message
		}
	}
	return "", ""
}

// errorValue reads the value of a member error or detail: a text, an object with
// code and message, a list of validation errors, or something else, which is then
// returned as it stands.
func errorValue(raw json.RawMessage) (code, message string) {
	if message = text(raw); message != "" {
		return "", message
	}
	if members := object(raw); members != nil {
		for _, name := range []string{"code", "type", "error_type", "error_code"} {
			if code = scalar(members[name]); code != "" {
				break
			}
		}
		for _, name := range []string{"message", "error_message", "msg", "detail", "error"} {
			if message = text(members[name]); message != "" {
				return code, message
			}
		}
		if code != "" {
			return code, ""
		}
		delete(members, "input") // what the user sent is no error
		rest, _ := json.Marshal(members)
		return "", string(rest)
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
	members := object(list[0])
	if members == nil {
		message = text(list[0])
	} else {
		code = text(members["type"])
		for _, name := range []string{"msg", "message"} {
			if message == "" {
				message = text(members[name])
			}
		}
		if message == "" {
			message = code
		}
		if message == "" {
			message = "invalid"
		}
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

// titleTag matches the title of an HTML page.
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
