package common

import (
	"charm.land/bubbles/v2/textarea"
	"charm.land/bubbles/v2/textinput"
	"charm.land/lipgloss/v2"

	"polltop/views/theme"
)

// NewField returns an empty text field.
func NewField(prompt, placeholder string) textinput.Model {
	field := textinput.New()
	field.Prompt, field.Placeholder = prompt, placeholder
	return field
}

// StyleField gives a text field the theme's colors and none of the widget's. Its cursor
// does not blink, as a blink a half second is a frame a half second.
func StyleField(field *textinput.Model, th *theme.Theme) {
	dim := th.Field.Dim
	state := textinput.StyleState{Placeholder: dim, Suggestion: dim, Prompt: dim}
	field.SetStyles(textinput.Styles{Focused: state, Blurred: state, Cursor: textinput.CursorStyle{Color: th.Field.Cursor}})
}

// StyleArea gives a text area the theme's colors and none of the widget's.
func StyleArea(area *textarea.Model, th *theme.Theme) {
	dim := th.Field.Dim
	state := textarea.StyleState{
		CursorLineNumber: dim, EndOfBuffer: dim, LineNumber: dim, Placeholder: dim, Prompt: dim,
		Selection: lipgloss.NewStyle().Reverse(true),
	}
	area.SetStyles(textarea.Styles{Focused: state, Blurred: state, Cursor: textarea.CursorStyle{Color: th.Field.Cursor}})
}
