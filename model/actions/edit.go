package actions

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// toEdit is a file with the parameters of a payload that the editor is to open.
type toEdit struct {
	payload *poller.Payload
	path    string
	before  []byte // the parameters as they are stored
}

// edited is what the editor has left of them. They are valid where err is nil.
type edited struct {
	toEdit
	text []byte
	err  error
}

// edit opens the payload of a task in the user's editor.
func (a *Actions) edit(t *poller.Task) tea.Cmd {
	p := a.env.Submissions[t.Payload]
	switch {
	case a.options.Edit == nil:
		a.env.Say(views.LevelWarn, "there is no editor over polltop serve: E edits a payload in a polltop on the machine of the session")
	case p == nil:
		a.explainUnknown([]*poller.Task{t})
	case p.Pending():
		a.env.Say(views.LevelInfo, "its payload is yet to be submitted: R gives up what waits")
	case !t.State.Terminal():
		a.env.Say(views.LevelInfo, "it has not ended: x cancels it")
	default:
		return a.openPayload(p)
	}
	return nil
}

// openPayload writes the parameters of a payload to a file for the editor, or what the user has
// made of them before.
func (a *Actions) openPayload(p *poller.Payload) tea.Cmd {
	tracker, draft := a.poller, a.drafts[p.Number]
	return func() tea.Msg {
		before, ok := tracker.Input(p.Number)
		if !ok {
			return common.Say{Level: views.LevelBad, Text: "the payload can't be read in the session"}
		}
		if draft == nil {
			draft = indented(before)
		}
		file, err := os.CreateTemp("", "polltop-payload-*.json") // for the user alone
		if err == nil {
			_, err = file.Write(draft)
			err = errors.Join(err, file.Close())
		}
		if err != nil {
			return common.Say{Level: views.LevelBad, Text: "the payload can't be edited: " + err.Error()}
		}
		return toEdit{p, file.Name(), before}
	}
}

// indented returns JSON with a line for each member.
func indented(text []byte) []byte {
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") != nil {
		return text
	}
	return append(b.Bytes(), '\n')
}

// editFile opens a file in the editor, and reads it in the end.
func (a *Actions) editFile(msg toEdit) tea.Cmd {
	return a.options.Edit(msg.path, func(failed error) tea.Msg {
		text, err := readEdited(msg.path)
		if err != nil {
			return common.Say{Level: views.LevelBad, Text: "nothing is submitted: " + err.Error()}
		}
		if failed != nil {
			failed = fmt.Errorf("the editor ended with %w: $VISUAL or $EDITOR names another", failed)
		}
		return edited{msg, text, errors.Join(failed, checkParameters(text))}
	})
}

// editMost bounds an edited file, in bytes: parameters of MaxInput, and their indentation.
const editMost = 4 * queue.MaxInput

// readEdited reads what the editor has left.
func readEdited(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, editMost+1))
	if err == nil && len(text) > editMost {
		err = fmt.Errorf("%s has more than %d MiB: it stays there", path, editMost>>20)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), err
}

// checkParameters returns why a text is no JSON object, with the line and the column.
func checkParameters(text []byte) error {
	var members map[string]json.RawMessage
	err := json.Unmarshal(text, &members)
	syntax, isSyntax := errors.AsType[*json.SyntaxError](err)
	switch {
	case !utf8.Valid(text):
		return errors.New("it is not UTF-8: save it in that encoding")
	case isSyntax:
		before := text[:min(max(int(syntax.Offset)-1, 0), len(text))]
		line := bytes.Count(before, []byte("\n")) + 1
		column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
		return fmt.Errorf("line %d, column %d: %w", line, column, err)
	case err != nil || members == nil:
		return errors.New("line 1, column 1: it is no JSON object: a payload is an object with the model's parameters")
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil || b.Len() > queue.MaxInput {
		return fmt.Errorf("it has %d bytes, more than %d MiB, the most for a payload: give large files as URLs", b.Len(), queue.MaxInput>>20)
	}
	return nil
}

// compact returns JSON without spaces between its parts.
func compact(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}

// edited asks whether to submit what the editor has left, or to edit it again where it is
// wrong. The file is removed only now that the text is here: it stays where polltop was ended
// while the editor was open.
func (a *Actions) edited(msg edited) tea.Cmd {
	a.askEdited(msg)
	return func() tea.Msg { os.Remove(msg.path); return nil }
}

func (a *Actions) askEdited(msg edited) {
	old, text := msg.payload, compact(msg.text)
	if bytes.Equal(text, compact(msg.before)) {
		delete(a.drafts, old.Number)
		why := "the payload is unchanged"
		if msg.err != nil {
			why = msg.err.Error()
		}
		a.env.Say(views.LevelInfo, "nothing is submitted: "+why)
		return
	}
	a.drafts[old.Number] = msg.text
	if msg.err != nil {
		a.askAgain(msg)
		return
	}
	next := &poller.Payload{
		Base: old.Base, Endpoint: old.Endpoint, Label: old.Label, Key: rand.Text(), Attempt: old.Attempt + 1,
		RetryOf: old.RetryOf, Retries: old.Retries, MaxLive: old.MaxLive, Replaces: old.Number,
	}
	details := []string{fmt.Sprintf("Attempt %d, with the edited input.", next.Attempt)}
	if old.State == poller.PayloadSubmitted {
		next.RetryOf = old.RequestID
		details[0] = fmt.Sprintf("Attempt %d, a retry of %s with the edited input.", next.Attempt, old.RequestID)
	}
	if old.State == poller.PayloadUnknown {
		details = append(details, "The one before may have been submitted: this may be made, and cost, twice.")
	}
	details = append(details, "E goes on with the text otherwise.")
	a.confirmPayloads(readPayloads{payloads: []*poller.Payload{next}, inputs: [][]byte{text}, details: details, edited: old})
}

// askAgain says why what the editor has left can't be submitted, and offers to edit it again.
func (a *Actions) askAgain(msg edited) {
	a.env.Post(common.Question("Edit again", nil, []string{msg.err.Error(), "The text is kept: E goes on with it while polltop runs."},
		common.Pick("E", "Edit again", a.openPayload(msg.payload)), common.Pick("esc", "Later", nil)))
}
