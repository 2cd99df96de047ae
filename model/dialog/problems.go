package dialog

import (
	"fmt"
	"slices"

	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
)

// maxProblems bounds the list of problems.
const maxProblems = 1000

// problems is the lines of files, streams and pastes that were refused, the newest last.
type problems struct {
	recent  []paste.Problem
	dropped int // how many older ones were removed
}

func (p *problems) add(refused []paste.Problem) {
	p.recent = append(p.recent, refused...)
	over := max(len(p.recent)-maxProblems, 0)
	p.recent, p.dropped = slices.Clone(p.recent[over:]), p.dropped+over
}

func (p *problems) body(width int) []string {
	var lines []string
	if p.dropped > 0 {
		lines = append(lines, fmt.Sprintf("(%d older ones are no longer kept)", p.dropped), "")
	}
	for _, problem := range p.recent {
		where := fmt.Sprintf("line %d: ", problem.Line)
		if problem.From != "" {
			where = problem.From + ", " + where
		}
		lines = append(lines, safe.Truncate(safe.Line(where+problem.Text), width))
		for _, line := range safe.Wrap(safe.Line(problem.Reason), max(width-2, 1)) {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}

func (d *Dialogs) reportRead(msg common.TasksRead) {
	d.problems.add(msg.Problems)
	d.questions.add(msg.Questions)
	if msg.Added+msg.Labeled > 0 {
		d.addedUnlabeled = map[queue.Key]bool{}
		for _, r := range msg.Requests {
			if r.Label == "" {
				d.addedUnlabeled[r.Key()] = true
			}
		}
	}
	if msg.Added+msg.AlreadyTracked+msg.RefusedLines+msg.QuestionCount == 0 {
		if msg.From == "" {
			d.env.Say(views.LevelWarn, "nothing to add: it names no task")
		}
		return
	}
	level := views.LevelGood
	switch {
	case msg.Tracked.StoreErr != nil:
		level = views.LevelBad
	case msg.RefusedLines+msg.QuestionCount+msg.Conflicts > 0:
		level = views.LevelWarn
	}
	text := addedText(msg.Tracked, msg.RefusedLines, msg.QuestionCount)
	if len(d.addedUnlabeled) > 0 && msg.Added > 0 {
		text += ": L to label"
	}
	if msg.From != "" {
		text = msg.From + ": " + text
	}
	d.env.Report(level, text)
}

func addedText(t poller.Tracked, refused, unsure int) string {
	if t.Labeled > 0 && t.Added+refused+unsure == 0 {
		return fmt.Sprintf("%d labeled", t.Labeled)
	}
	text := fmt.Sprintf("%d added", t.Added)
	if t.AlreadyTracked > 0 {
		text += fmt.Sprintf(", %d already tracked", t.AlreadyTracked)
	}
	if t.Labeled > 0 {
		text += fmt.Sprintf(" (%d labeled anew)", t.Labeled)
	}
	if t.Corrected > 0 {
		text += fmt.Sprintf(" (%d now under the endpoint told)", t.Corrected)
	}
	if t.Conflicts > 0 {
		text += fmt.Sprintf(", %d named under another endpoint (%s)", t.Conflicts, safe.Line(t.Conflict))
	}
	if t.InputsNotStored > 0 {
		text += fmt.Sprintf(", %d without their input (%s)", t.InputsNotStored, safe.Line(t.InputError))
	}
	if t.StoreErr != nil {
		text += ", NOT on disk: " + t.StoreErr.Error()
	}
	if unsure > 0 {
		text += fmt.Sprintf(", %d of %d unsure: e to look", unsure, t.Added+t.AlreadyTracked+unsure)
	}
	switch {
	case refused == 1:
		text += ", 1 line refused (e shows it)"
	case refused > 1:
		text += fmt.Sprintf(", %d lines refused (e shows them)", refused)
	}
	return text
}
