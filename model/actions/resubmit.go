package actions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/report"
)

func (a *Actions) resubmitPayloads(numbers []int64) tea.Cmd {
	return common.InUpdate(func() tea.Cmd {
		a.env.Post(common.ClearMarks{})
		return func() tea.Msg {
			n := a.poller.Resubmit(numbers...)
			return common.Say{Level: views.LevelInfo, Text: "submitting " + views.Plural(n, "payload") + " again"}
		}
	})
}

func (a *Actions) askWaiting() tea.Cmd {
	waiting := a.env.Submissions.InState(poller.PayloadWaiting)
	return a.ask("Stop submitting", []string{views.Plural(a.env.Submissions.Pending(), "payload") + " still to be submitted"},
		[]string{"What has been submitted runs on: x cancels it."},
		common.NewChoice("del", "Give up those that wait", a.giveUp(waiting)), common.NewChoice("esc", "Go on", nil))
}

func (a *Actions) giveUp(numbers []int64) tea.Cmd {
	if len(numbers) == 0 {
		return nil
	}
	return func() tea.Msg {
		a.poller.GiveUp(numbers...)
		return common.Say{Level: views.LevelInfo, Text: "gave up " + views.Plural(len(numbers), "payload")}
	}
}

// reportPayloads reports payloads that could not be submitted, and, at the start, that some are being
// submitted.
func (a *Actions) reportPayloads(payloads []*poller.Payload) {
	if n := a.env.Submissions.Pending(); n > 0 && !a.updated {
		a.env.Report(views.LevelInfo, "submitting "+views.Plural(n, "payload")+": R stops that")
	}
	for _, p := range payloads {
		if text := report.Submission(p); text != "" && p.State != poller.PayloadGivenUp {
			a.env.Report(views.LevelBad, text)
		} else if p.Pending() && p.Fault != nil {
			a.env.Report(views.LevelWarn, "not submitted yet, and tried again: "+p.Fault.Error())
		}
	}
}

// offerUnknown asks about payloads that may or may not have been submitted, and again when there are
// more. It waits until no dialog or field is open.
func (a *Actions) offerUnknown() {
	numbers := a.env.Submissions.InState(poller.PayloadUnknown)
	if a.askedUnknown = min(a.askedUnknown, len(numbers)); len(numbers) > a.askedUnknown && a.env.Submissions.Pending() == 0 && a.env.Focus.InArea() && a.env.Allows("R") {
		a.askedUnknown = len(numbers)
		a.askUnknown(numbers)
	}
}

func (a *Actions) askUnknown(numbers []int64) tea.Cmd {
	slices.Sort(numbers)
	var details []string
	if first := a.env.Submissions[numbers[0]]; first.Fault != nil {
		details = append(details, first.Endpoint+": "+first.Fault.Error())
	}
	details = append(details, "What is submitted again may be made twice, and cost twice: look at the service's own list first, if it has one.")
	return a.ask("Submit "+views.Plural(len(numbers), "payload")+" again",
		[]string{views.Plural(len(numbers), "payload") + " may or may not have been submitted"}, details,
		common.NewChoice("R", "Submit again", a.resubmitPayloads(numbers)), common.NewChoice("del", "Give up", a.giveUp(numbers)),
		common.NewChoice("esc", "Later, with R", nil))
}

// resubmission is the payloads of some tasks, by number.
type resubmission struct {
	recommended []int64 // submitting them again is the next step of their tasks
	possible    []int64 // the next step of their tasks is another one
	succeeded   []int64
	unknown     []int64        // they may or may not have been submitted
	excluded    map[string]int // how many are left out, by reason
}

// whyNotAgain returns why the payload of a task can't be submitted again, "" if it can.
func whyNotAgain(t *poller.Task, p *poller.Payload) string {
	switch {
	case p == nil:
		return "have no payload that polltop knows: " + payloadAdvice
	case p.State == poller.PayloadUnknown:
		return ""
	case t.Unsent() && p.Pending():
		return "are yet to be submitted"
	case !t.State.Terminal():
		return "have not ended"
	case p.Pending():
		return "are being submitted again"
	case p.State == poller.PayloadSubmitted && p.RequestID != t.Request.ID, p.State != poller.PayloadSubmitted && !t.Unsent():
		return "have a later attempt"
	}
	return ""
}

// classify sorts the payloads of tasks by whether to submit them again.
func (a *Actions) classify(tasks []*poller.Task) resubmission {
	r := resubmission{excluded: map[string]int{}}
	seen := map[int64]bool{}
	for _, t := range tasks {
		if seen[t.Payload] {
			continue
		}
		p := a.env.Submissions[t.Payload]
		if why := whyNotAgain(t, p); why != "" {
			r.excluded[why]++
			continue
		}
		seen[t.Payload] = true
		kind := &r.possible
		switch {
		case p.State == poller.PayloadUnknown:
			kind = &r.unknown
		case t.NextStep == string(queue.StepSubmitAgain):
			kind = &r.recommended
		case t.State == poller.Succeeded:
			kind = &r.succeeded
		}
		*kind = append(*kind, t.Payload)
	}
	if n := len(r.unknown); n > 0 {
		r.excluded["may or may not have been submitted: R asks about them alone"] = n
	}
	if n := len(r.succeeded); n > 0 && len(r.recommended)+len(r.possible) > 0 {
		r.excluded["have succeeded"] = n
	}
	return r
}

// resubmit submits the payloads of tasks again, after a question. If none can be, it asks about the
// session's payloads that have no task.
func (a *Actions) resubmit(msg common.Command) tea.Cmd {
	r, payloads := a.classify(msg.Tasks), a.env.Submissions
	rejected, unknown := payloads.InState(poller.PayloadRejected), payloads.InState(poller.PayloadUnknown)
	without := slices.DeleteFunc(slices.Clone(msg.Tasks), func(t *poller.Task) bool { return payloads[t.Payload] != nil })
	switch {
	case len(r.recommended) > 0:
		return a.confirmResubmit(r.recommended, slices.Concat(r.recommended, r.possible), "", r.excluded)
	case len(r.possible) > 0:
		return a.confirmResubmit(r.possible, nil, "Their next step is another one: the same input may end the same way again.", r.excluded)
	case len(r.succeeded) > 0:
		return a.confirmResubmit(r.succeeded, nil, "They have succeeded: this makes them once more, and costs once more.", r.excluded)
	case len(r.unknown) > 0:
		return a.askUnknown(r.unknown)
	case len(unknown) > 0:
		return a.askUnknown(unknown)
	case payloads.Pending() > 0:
		return a.askWaiting()
	case len(rejected) > 0:
		return a.confirmResubmit(rejected, nil, "The service refused these payloads: "+payloads[rejected[0]].Fault.Error(), nil)
	case len(without) > 0:
		return a.explainUnknown(without)
	}
	var reasons []string
	for why, n := range r.excluded {
		reasons = append(reasons, fmt.Sprintf("%d here %s", n, why))
	}
	slices.Sort(reasons)
	return a.say(views.LevelInfo, strings.TrimSuffix("nothing to submit again: "+strings.Join(reasons, ", "), ": "))
}

func (a *Actions) confirmResubmit(numbers, all []int64, detail string, excluded map[string]int) tea.Cmd {
	var batch report.BatchSize
	for _, number := range numbers {
		batch.Add(a.env.Submissions[number])
	}
	choices := []common.Choice{common.NewChoice("y", "Submit again", a.resubmitPayloads(numbers))}
	if others := len(all) - len(numbers); others > 0 {
		detail = fmt.Sprintf("Their next step is to submit them again. %d others need another input, or the account, first.", others)
		choices = append(choices, common.NewChoice("a", fmt.Sprintf("Submit all %d", len(all)), a.resubmitPayloads(all)))
	}
	if len(numbers) == 1 && len(all) <= 1 && a.options.Edit != nil {
		choices = append(choices, common.NewChoice("E", "Edit its input first", a.openPayload(a.env.Submissions[numbers[0]])))
	}
	if waiting := a.env.Submissions.InState(poller.PayloadWaiting); len(waiting) > 0 {
		choices = append(choices, common.NewChoice("del", fmt.Sprintf("Give up the %d that wait", len(waiting)), a.giveUp(waiting)))
	}
	var details []string
	for why, n := range excluded {
		details = append(details, fmt.Sprintf("%d %s.", n, why))
	}
	slices.Sort(details)
	if detail != "" {
		details = slices.Insert(details, 0, detail)
	}
	return a.ask("Submit "+views.Plural(len(numbers), "task")+" again", []string{batch.String()}, details, append(choices, common.NewChoice("n", "Not now", nil))...)
}

const payloadAdvice = "submit with polltop submit, or give records with their endpoint and input"

// explainUnknown says that the payloads of tasks are unknown, and offers to request them from fal's
// list of requests if that is configured.
func (a *Actions) explainUnknown(tasks []*poller.Task) tea.Cmd {
	onFal := slices.DeleteFunc(slices.Clone(tasks), func(t *poller.Task) bool { return t.Request.Base.Service() != queue.Fal })
	base := queue.ListBase(a.env.Source.Bases)
	details := []string{"To have it: " + payloadAdvice + "."}
	choices := []common.Choice{common.NewChoice("esc", "Close", nil)}
	switch {
	case a.env.Polling.Persistence.Session == "":
		details = []string{"Payloads are kept in a session on disk, and there is none."}
	case len(onFal) == 0:
	case base == nil || a.options.List == nil:
		details = append(details, "fal's list of requests may have it: name that too, with --base-url "+queue.ListURL)
	default:
		details = append(details, "fal's list of requests may have it. "+base.Host()+" is asked for each task, with your key.")
		choices = slices.Insert(choices, 0, common.NewChoice("y", "Ask for "+views.Plural(len(onFal), "payload"), common.InUpdate(func() tea.Cmd { return a.fetchPayloads(base, onFal) })))
	}
	return a.ask("No payload", []string{"polltop knows no payload of " + views.Plural(len(tasks), "task") + " here"}, details, choices...)
}

func (a *Actions) fetchPayloads(base *queue.Base, tasks []*poller.Task) tea.Cmd {
	wanted := views.Plural(len(tasks), "payload")
	a.env.Say(views.LevelInfo, "asking "+base.Host()+" for "+wanted)
	return func() tea.Msg {
		found := 0
		for _, t := range tasks {
			page, fault := a.options.List(a.options.Context, queue.ListQuery{Base: base, Endpoint: t.Request.Endpoint, RequestID: t.Request.ID, Payloads: true})
			if fault != nil {
				return common.Say{Level: views.LevelBad, Text: fmt.Sprintf("%s gave %d of %s, then %s", base.Host(), found, wanted, fault.Error())}
			}
			for _, item := range page.Items {
				r := t.Request
				if queue.NormalizeID(item.RequestID) != queue.NormalizeID(r.ID) || item.Input == nil {
					continue
				}
				// The endpoint in a request's addresses may be shortened.
				r.Endpoint, r.Input = cmp.Or(item.Endpoint, r.Endpoint), string(item.Input)
				if tracked := a.poller.Track([]queue.Request{r}); tracked.InputsNotStored+tracked.Conflicts == 0 && tracked.StoreErr == nil {
					found++
				}
			}
		}
		if found < len(tasks) {
			return common.Say{Level: views.LevelWarn, Text: fmt.Sprintf("%s has %d of %s: what is not stored, or was sent to another endpoint, is missing", base.Host(), found, wanted)}
		}
		return common.Say{Level: views.LevelGood, Text: views.Plural(found, "payload") + " known now: R submits again, E edits first"}
	}
}
