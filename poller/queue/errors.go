package queue

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxErrorLine bounds an error in one line, in bytes.
const maxErrorLine = 500

// isAPIError reports whether the body of an HTTP error is from the API: a JSON object with one of the
// documented members.
func (r *reply) isAPIError() bool {
	return r.object().failure() != nil || slices.ContainsFunc([]string{"detail", "message", "status", "error_type"}, func(name string) bool {
		return !isBlank(r.object()[name])
	})
}

// failure returns what an object reports as an error, nil for nothing. All names but error are
// assumed. The message beside an error code of 0 is one such as success.
func (o object) failure() any {
	names := []string{"error", "errors", "error_message", "error_msg", "error_code"}
	if strings.TrimSpace(scalar(o["error_code"])) == "0" {
		names = names[:2]
	}
	for _, name := range names {
		if !isBlank(o[name]) {
			return o[name]
		}
	}
	return nil
}

// onlyError reports whether an object has an error and no member that could be a result. An
// error_type without an error may be a model's data.
func (o object) onlyError() bool {
	for name, value := range o {
		if !isBlank(value) && !slices.Contains(errorBodyNames, name) {
			return false
		}
	}
	success, hasSuccess := o["success"].(bool)
	code := cmp.Or(o.object("status").scalar("error_code"), o.object("status").scalar("code"), o.scalar("code"))
	return o.failure() != nil || !isBlank(o["detail"]) || hasSuccess && !success || number(code, 400, math.MaxInt32, 0) != 0
}

// errorBodyNames are members of error bodies.
var errorBodyNames = []string{
	"error", "errors", "error_message", "error_msg", "error_code", "error_type", "provider_error", "detail", "message", "msg",
	"code", "status", "status_code", "success", "type", "request_id", "trace_id", "timestamp", "path", "logs", "metrics",
}

// apiError returns the error type of an HTTP error's body, or else its code, and a description in one
// line. Both are "" for a body that is not from the API. The description never has the input that a
// validation error repeats.
func apiError(o object) (code, message string) {
	code, message = errorMembers(o)
	if errorType := o.text("error_type"); errorType != "" {
		code, message = errorType, withCode(errorType, cmp.Or(o.text("upstream_detail"), message))
	}
	return Clip(code, maxType), oneLine(message)
}

// errorMembers decodes an error's body in all shapes that the services use.
func errorMembers(o object) (code, message string) {
	status := o.object("status")
	switch {
	case o.failure() != nil:
		// {"error": "text"}, {"error": {"code", "message"}}, {"error": {"message", "type"}}
		code, message = errorValue(o.failure())
		code = cmp.Or(code, o.object("provider_error").scalar("code"))
		return code, withCode(code, message)
	case !isBlank(o["detail"]):
		// {"detail": "text"}, {"detail": [{"loc", "msg", "type"}]}
		return errorValue(o["detail"])
	case status != nil:
		// {"status": {"code", "message", "error_code"}, "data": null}
		if code, message = status.scalar("error_code"), status.text("message"); code != "" {
			return code, message + " (" + code + ")"
		}
		return status.scalar("code"), message
	}
	return "", o.text("message", "msg", "status")
}

// errorValue decodes a member error or detail: a text, an object with code and message, a list of
// validation errors, or any other value, which becomes JSON.
func errorValue(value any) (code, message string) {
	if isBlank(value) {
		return "", ""
	}
	switch v := value.(type) {
	case string:
		return "", v
	case []any:
		return validationError(slices.DeleteFunc(slices.Clone(v), func(item any) bool { return item == nil || item == "" }))
	case map[string]any:
		code = object(v).scalar("code", "type", "error_type", "error_code")
		message = object(v).text("message", "error_message", "msg", "detail", "error")
		if code != "" || message != "" {
			return code, message
		}
		delete(v, "input") // the user's input is not part of an error
	}
	return "", asJSON(value)
}

// validationError describes a list of {loc, msg, type}, the form of fal and pydantic: the first
// entry, and how many more there are.
func validationError(list []any) (code, message string) {
	message = scalar(list[0])
	if m, ok := list[0].(map[string]any); ok {
		code = object(m).text("type")
		message = cmp.Or(object(m).text("msg", "message"), code, "invalid")
		if at := location(m["loc"]); at != "" {
			message = at + ": " + message
		}
	}
	if len(list) > 1 {
		message += fmt.Sprintf(" (+%d more)", len(list)-1)
	}
	return code, message
}

// location returns the path in the input of a validation error, such as images[0].url.
func location(value any) string {
	var b strings.Builder
	parts, _ := value.([]any)
	for i, part := range parts {
		name, named := part.(string)
		switch {
		case i == 0 && name == "body":
		case !named:
			fmt.Fprintf(&b, "[%s]", scalar(part))
		case b.Len() > 0:
			b.WriteString("." + name)
		default:
			b.WriteString(name)
		}
	}
	return b.String()
}

// withCode returns a message with its code before it, unless it begins with the code.
func withCode(code, message string) string {
	switch {
	case message == "":
		return code
	case code == "" || strings.HasPrefix(message, code):
		return message
	}
	return code + ": " + message
}

// isBlank reports whether a value is null, false, "" or 0, or a list or an object of nothing but such values.
func isBlank(value any) bool {
	switch v := value.(type) {
	case bool:
		return !v
	case string, json.Number:
		return slices.Contains([]string{"", "0"}, strings.TrimSpace(scalar(v)))
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !isBlank(item) })
	case map[string]any:
		for _, inner := range v {
			if !isBlank(inner) {
				return false
			}
		}
	}
	return true
}

// asJSON returns a decoded value as JSON.
func asJSON(value any) string {
	text, _ := json.Marshal(value) // what was decoded always encodes
	return string(text)
}

// oneLine returns a text in one line, without control characters, cut to maxErrorLine.
func oneLine(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	return Clip(strings.Join(words, " "), maxErrorLine)
}

// gatewayMessage describes an HTTP error that is not from the API, with the title of its web page if
// that says more than the HTTP status.
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

// htmlTitle returns the title of an HTML page, where gateways describe their errors; "" for none.
func htmlTitle(body []byte) string {
	found := titleTag.FindSubmatch(body[:min(len(body), 8192)])
	if found == nil {
		return ""
	}
	return strings.TrimSpace(string(found[1]))
}
