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

// payload is one that is to be submitted, and its parameters.
type payload struct {
	*poller.Payload
	input []byte
}

// readPayloads reads payloads, and submits them after a question.
func (a *Actions) readPayloads(msg common.AddPayloads) tea.Cmd {
	return func() tea.Msg {
		reader := input.NewPayloads(strings.NewReader(msg.Text), "the text", msg.Source, poller.Payload{Label: msg.Source.Label})
		var read []payload
		for {
			p, parameters, err := reader.Next()
			switch {
			case err == io.EOF:
				return then(func() tea.Cmd {
					return a.submit(read, nil, func() { a.env.Post(common.PayloadsAdded{}) })
				})
			case err != nil:
				return common.Say{Level: views.LevelBad, Text: "nothing is submitted: " + err.Error() + ": A goes on with the text"}
			}
			read = append(read, payload{p, parameters})
		}
	}
}

// submit submits payloads, after a question with details. It calls added once they are kept.
func (a *Actions) submit(payloads []payload, details []string, added func()) tea.Cmd {
	var batch report.Batch
	for _, p := range payloads {
		batch.Add(p.Payload)
	}
	submit := func() tea.Msg {
		left := payloads
		n, err := a.poller.AddPayloads(func() (*poller.Payload, []byte, error) {
			if len(left) == 0 {
				return nil, nil, io.EOF
			}
			next := left[0]
			left = left[1:]
			return next.Payload, next.input, nil
		})
		if err != nil {
			return common.Say{Level: views.LevelBad, Text: "nothing is submitted: " + err.Error()}
		}
		return then(func() tea.Cmd {
			added()
			return a.say(views.LevelInfo, "submitting "+common.Counted(n, "payload"))
		})
	}
	return a.ask("Submit "+common.Counted(len(payloads), "payload"), []string{batch.String()}, details, common.Pick("y", "Submit", submit), common.Pick("n", "Not now", nil))
}
