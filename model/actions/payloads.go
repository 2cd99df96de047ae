package actions

import (
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/input"
	"polltop/poller"
	"polltop/views"
	"polltop/views/report"
)

// readPayloads is what was read of a text with payloads.
type readPayloads struct {
	payloads []*poller.Payload
	inputs   [][]byte
	err      error
	details  []string        // beside the question
	edited   *poller.Payload // what it was edited from; nil where it is new
}

// readPayloads reads payloads.
func (a *Actions) readPayloads(msg common.AddPayloads) tea.Cmd {
	return func() tea.Msg {
		reader := input.NewPayloads(strings.NewReader(msg.Text), "the text", msg.Source, poller.Payload{Label: msg.Source.Label})
		var read readPayloads
		for {
			p, parameters, err := reader.Next()
			if err == io.EOF {
				return read
			}
			if err != nil {
				return readPayloads{err: err}
			}
			read.payloads, read.inputs = append(read.payloads, p), append(read.inputs, parameters)
		}
	}
}

// confirmPayloads submits payloads, after a question.
func (a *Actions) confirmPayloads(read readPayloads) {
	if read.err != nil {
		a.env.Say(views.LevelBad, "nothing is submitted: "+read.err.Error()+": A goes on with the text")
		return
	}
	var batch report.Batch
	for _, p := range read.payloads {
		batch.Add(p)
	}
	tracker := a.poller
	submit := func() tea.Msg {
		at := -1
		n, err := tracker.AddPayloads(func() (*poller.Payload, []byte, error) {
			if at++; at == len(read.payloads) {
				return nil, nil, io.EOF
			}
			return read.payloads[at], read.inputs[at], nil
		})
		return addedPayloads{n, err, read.edited}
	}
	a.env.Post(common.Question("Submit "+common.Counted(len(read.payloads), "payload"), []string{batch.String()}, read.details,
		common.Pick("y", "Submit", submit), common.Pick("n", "Not now", nil)))
}

// addedPayloads is what came of adding payloads.
type addedPayloads struct {
	n      int
	err    error
	edited *poller.Payload
}

func (a *Actions) addedPayloads(msg addedPayloads) {
	if msg.err != nil {
		a.env.Say(views.LevelBad, "nothing is submitted: "+msg.err.Error())
		return
	}
	a.env.Say(views.LevelInfo, "submitting "+common.Counted(msg.n, "payload"))
	if msg.edited != nil {
		delete(a.drafts, msg.edited.Number)
		return
	}
	a.env.Post(common.PayloadsAdded{})
}
