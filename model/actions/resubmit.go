package actions

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/report"
)

// sendAgain has payloads submitted again, as the user has confirmed.
type sendAgain struct{ numbers []int64 }

// sendAgain has payloads submitted again.
func (a *Actions) sendAgain(msg sendAgain) tea.Cmd {
	a.env.Post(common.ClearMarks{})
	p := a.poller
	return func() tea.Msg {
		n := p.Resubmit(msg.numbers...)
		return common.Say{Level: views.LevelInfo, Text: "submitting " + common.Counted(n, "payload") + " again"}
	}
}

// reportPending says at the start that payloads are being submitted, and how to stop that.
func (a *Actions) reportPending() {
	if n := a.env.Submissions.Pending(); n > 0 && !a.begun {
		a.env.Mention(views.LevelInfo, "submitting "+common.Counted(n, "payload")+": R stops that")
	}
	a.begun = true
}

// askWaiting asks whether to give up the payloads that are yet to be submitted.
func (a *Actions) askWaiting() {
	waiting := a.env.Submissions.In(poller.PayloadWaiting)
	a.env.Post(common.Question("Stop submitting", []string{common.Counted(a.env.Submissions.Pending(), "payload") + " still to be submitted"},
		[]string{"What has been submitted runs on: x cancels it."},
		common.Pick("del", "Give up those that wait", a.giveUp(waiting)), common.Pick("esc", "Go on", nil)))
}

// giveUp has payloads not submitted.
func (a *Actions) giveUp(numbers []int64) tea.Cmd {
	if len(numbers) == 0 {
		return nil
	}
	p := a.poller
	return func() tea.Msg {
		p.GiveUp(numbers...)
		return common.Say{Level: views.LevelInfo, Text: "gave up " + common.Counted(len(numbers), "payload")}
	}
}

// reportPayloads says what came of submitting payloads where no task tells it.
func (a *Actions) reportPayloads(payloads []*poller.Payload) {
	for _, p := range payloads {
		if text := report.Submission(p); text != "" && p.State != poller.PayloadGivenUp {
			a.env.Mention(views.LevelBad, text)
		} else if p.Pending() && p.Fault != nil {
			a.env.Mention(views.LevelWarn, "not submitted yet, and tried again: "+p.Fault.Error())
		}
	}
}

// offerUnknown asks about the payloads that may or may not have been submitted, once nothing
// else is asked, and again when there are more.
func (a *Actions) offerUnknown() {
	n := a.env.Submissions.Counts()[poller.PayloadUnknown]
	if a.unsure = min(a.unsure, n); n > a.unsure && a.env.Submissions.Pending() == 0 && a.env.Focus == views.OnArea && a.env.May("R") {
		a.unsure = n
		a.askUnknown(a.env.Submissions.In(poller.PayloadUnknown))
	}
}

// askUnknown asks whether to submit payloads again that may or may not have been.
func (a *Actions) askUnknown(numbers []int64) {
	slices.Sort(numbers)
	details := []string{"What is submitted again may be made twice, and cost twice: look at the service's own list first, if it has one."}
	if first := a.env.Submissions[numbers[0]]; first.Fault != nil {
		details = append([]string{first.Endpoint + ": " + first.Fault.Error()}, details...)
	}
	a.env.Post(common.Question("Submit "+common.Counted(len(numbers), "payload")+" again",
		[]string{common.Counted(len(numbers), "payload") + " may or may not have been submitted"}, details,
		common.Pick("R", "Submit again", common.Send(sendAgain{numbers})), common.Pick("del", "Give up", a.giveUp(numbers)),
		common.Pick("esc", "Later, with R", nil)))
}

// again is what of some tasks may be submitted again: the numbers of their payloads.
type again struct {
	worth, others []int64        // by whether the next step is to submit them again
	done          []int64        // that have succeeded: they are submitted again where all are such
	unknown       []int64        // that may or may not have been submitted
	without       []*poller.Task // no payload of them is known
	left          map[string]int
}

// againOf sorts tasks by whether they may be submitted again, and why not.
func (a *Actions) againOf(tasks []*poller.Task) again {
	found := again{left: map[string]int{}}
	seen := map[int64]bool{}
	for _, t := range tasks {
		p := a.env.Submissions[t.Payload]
		switch {
		case p == nil:
			found.without = append(found.without, t)
			found.left["have no payload that polltop knows: "+howKnown]++
		case seen[p.Number]:
		case p.State == poller.PayloadUnknown:
			seen[p.Number] = true
			found.unknown = append(found.unknown, p.Number)
		case t.Unsent() && p.Pending():
			found.left["are yet to be submitted"]++
		case !t.State.Terminal():
			found.left["have not ended"]++
		case p.Pending():
			found.left["are being submitted again"]++
		case p.State == poller.PayloadSubmitted && p.RequestID != t.Request.ID, p.State != poller.PayloadSubmitted && !t.Unsent():
			found.left["have a later attempt"]++
		default:
			seen[p.Number] = true
			found.add(t)
		}
	}
	if len(found.worth)+len(found.others) == 0 {
		found.others = found.done
	} else if n := len(found.done); n > 0 {
		found.left["have succeeded"] = n
	}
	return found
}

// add sorts in a task whose payload may be submitted again.
func (f *again) add(t *poller.Task) {
	switch {
	case t.NextStep == string(queue.StepSubmitAgain):
		f.worth = append(f.worth, t.Payload)
	case t.State == poller.Succeeded:
		f.done = append(f.done, t.Payload)
	default:
		f.others = append(f.others, t.Payload)
	}
}

// resubmit submits the payloads of tasks again, after a question that says how many, to what,
// and of how many that is the next step. Where there are none it asks about the payloads that
// have no task.
func (a *Actions) resubmit(msg common.Command) tea.Cmd {
	found, counts := a.againOf(msg.Tasks), a.env.Submissions.Counts()
	rejected := a.env.Submissions.In(poller.PayloadRejected)
	all := slices.Concat(found.worth, found.others)
	switch {
	case len(all) > 0:
		if n := len(found.unknown); n > 0 {
			found.left["may or may not have been submitted: R asks about them alone"] += n
		}
	case counts[poller.PayloadUnknown] > 0:
		if len(found.unknown) == 0 {
			found.unknown = a.env.Submissions.In(poller.PayloadUnknown)
		}
		a.askUnknown(found.unknown)
		return nil
	case a.env.Submissions.Pending() > 0:
		a.askWaiting()
		return nil
	case len(rejected) > 0:
		a.ask("rejected", rejected, nil, map[string]int{})
		return nil
	case len(found.without) > 0:
		a.explainUnknown(found.without)
		return nil
	default:
		for why, n := range found.left {
			a.env.Say(views.LevelInfo, fmt.Sprintf("nothing to submit again: %d here %s", n, why))
			return nil
		}
		a.env.Say(views.LevelInfo, "nothing to submit again")
		return nil
	}
	if len(found.worth) == 0 {
		what := ""
		if len(found.done) > 0 && len(found.done) == len(found.others) {
			what = "done"
		}
		a.ask(what, found.others, nil, found.left)
		return nil
	}
	a.ask("", found.worth, all, found.left)
	return nil
}

// ask asks whether to submit payloads again, or all of those that could be, if these are more.
func (a *Actions) ask(what string, numbers, all []int64, left map[string]int) {
	var batch report.Batch
	for _, number := range numbers {
		batch.Add(a.env.Submissions[number])
	}
	var details []string
	choices := []common.Choice{common.Pick("y", "Submit again", common.Send(sendAgain{numbers}))}
	switch others := len(all) - len(numbers); {
	case what == "rejected":
		details = append(details, "The service refused these payloads: "+a.env.Submissions[numbers[0]].Fault.Error())
	case what == "done":
		details = append(details, "They have succeeded: this makes them once more, and costs once more.")
	case all == nil:
		details = append(details, "Their next step is another one: the same input may end the same way again.")
	case others > 0:
		details = append(details, fmt.Sprintf("Their next step is to submit them again. %d others need another input, or the account, first.", others))
		choices = append(choices, common.Pick("a", fmt.Sprintf("Submit all %d", len(all)), common.Send(sendAgain{all})))
	}
	if len(numbers) == 1 && len(all) <= 1 && a.options.Edit != nil {
		choices = append(choices, common.Pick("E", "Edit its input first", a.openPayload(a.env.Submissions[numbers[0]])))
	}
	if n := a.env.Submissions.Counts()[poller.PayloadWaiting]; n > 0 {
		choices = append(choices, common.Pick("del", fmt.Sprintf("Give up the %d that wait", n), a.giveUp(a.env.Submissions.In(poller.PayloadWaiting))))
	}
	for why, n := range left {
		details = append(details, fmt.Sprintf("%d %s.", n, why))
	}
	slices.Sort(details[min(1, len(details)):])
	a.env.Post(common.Question("Submit "+common.Counted(len(numbers), "task")+" again", []string{batch.String()}, details,
		append(choices, common.Pick("n", "Not now", nil))...))
}
