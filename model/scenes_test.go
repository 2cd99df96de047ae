package model

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/viewstest"
)

// scene is a dialog of the dashboard: what it is opened with, and how.
type scene struct {
	options func(o *Options)
	open    func(d *desk)
	early   bool // before a question takes an answer
}

// ofKeys is the dialog that keys open where tasks in all states are shown.
func ofKeys(keys ...string) scene {
	return scene{open: func(d *desk) { d.press(keys...) }}
}

// scenes are the dialogs that are compared with the golden files.
var scenes = map[string]scene{
	"help":           ofKeys("?"),
	"help, scrolled": ofKeys("?", "end"),
	"add":            ofKeys("a"),
	"add, typed": {open: func(d *desk) {
		d.press("a")
		d.send(tea.PasteMsg{Content: "wan26_i2v mmsu_01hmv6ywfb8epwvq4b8r9damkg\nnano_banana_2 mmsu_01hmv6ywfs8610rgxc8xehdxjz"})
		d.press("tab", "x")
	}},
	"add payloads": ofKeys("A"),
	"unsure ids": {open: func(d *desk) {
		read := paste.Parse("shot_01 mmsu_01kdj46abw60h2nbpka9tgx22v\nabc-1234-xyz\ndef-1234-xyz\n", d.env.Source)
		d.send(common.TasksRead{Questions: read.Questions, QuestionCount: len(read.Questions), Problems: refused, RefusedLines: 1})
		d.press("e", "j")
	}},
	"an endpoint of an unsure id": {open: func(d *desk) {
		read := paste.Parse("shot_01 mmsu_01kdj46abw60h2nbpka9tgx22v\n", d.env.Source)
		d.send(common.TasksRead{Questions: read.Questions, QuestionCount: 1})
		d.press("e", "e")
	}},
	"refused lines": {open: func(d *desk) {
		d.send(common.TasksRead{Problems: refused, RefusedLines: 1})
		d.press("e")
	}},
	"label":     ofKeys("space", "space", "L", "c", "a", "t", "s"),
	"export":    ofKeys("E"),
	"copy menu": ofKeys("Y"),
	"copy menu, chosen": {open: func(d *desk) {
		d.press("n", "Y", "down", "down")
	}},
	"outputs to open": {open: func(d *desk) {
		d.fake.results[2] = poller.FetchedResult{Result: queue.Result{Outputs: []queue.Output{
			{Type: "image", URL: "https://cdn.test/mmsu_02/1.png"}, {Type: "video", URL: "https://cdn.test/mmsu_02/a/long/path/that/goes/on/and/on/until/it/is/cut/2.mp4"},
		}}}
		d.press("4", "o")
	}},
	"connected": {
		options: func(o *Options) {
			o.Shared = &common.Shared{Refuse: func(string, string) string { return "" }, Peers: func() []common.Peer {
				since := o.Clock().Add(-90 * time.Second)
				return []common.Peer{{Name: "ana", Role: "viewer", From: "198.51.100.7", Since: since}, {Name: "bo", Role: "operator", From: "192.0.2.1", Since: since, Self: true}}
			}}
		},
		open: func(d *desk) { d.press("w") },
	},
	"question: cancel several":         ofKeys("*", "x"),
	"question: cancel one, yes chosen": {open: func(d *desk) { d.press("home", "x"); d.pass(); d.press("left") }},
	"question: cancel, too early":      {early: true, open: func(d *desk) { d.press("home", "x") }},
	"question: quit": {open: func(d *desk) {
		d.canceling(180, 2, true)
		d.press("q")
	}},
	"question: cancels not sent": {open: func(d *desk) { d.canceling(3, 1, false) }},
	"question: submit again":     {open: func(d *desk) { d.payloads(); d.press("*", "R") }},
	"question: stop submitting":  {open: func(d *desk) { d.submission(poller.PayloadWaiting, nil); d.press("home", "R") }},
	"question: submission unknown": {open: func(d *desk) {
		d.submission(poller.PayloadUnknown, &queue.Fault{Kind: queue.TimedOut, Message: "no answer within 15s"})
	}},
	"question: rejected submissions": {open: func(d *desk) {
		d.submission(poller.PayloadRejected, &queue.Fault{Kind: queue.Refused, HTTP: 402, Message: "no credits"})
		d.press("home", "R")
	}},
	"question: submit": {open: func(d *desk) {
		d.press("A")
		d.send(tea.PasteMsg{Content: `{"prompt":"a cat"}` + "\n" + `{"prompt":"a dog"}`})
		d.press("ctrl+s")
	}},
}

var refused = []paste.Problem{{From: "tasks.txt", Line: 7, Text: "hello there", Reason: "it names no request id"}}

// pass lets the time pass in which a question takes no answer.
func (d *desk) pass() {
	d.clock = d.clock.Add(time.Second)
	d.send(common.SecondPassed{})
}

// submission gives the dashboard a payload in a state.
func (d *desk) submission(state poller.PayloadState, fault *queue.Fault) {
	d.send(common.TasksChanged{Update: poller.Update{Payloads: []*poller.Payload{{Number: 7, State: state, Base: d.base, Endpoint: "wan26_i2v", Fault: fault}}}})
}

// payloads makes all failed tasks such as can be submitted again, every other by its next step.
func (d *desk) payloads() {
	var u poller.Update
	for i, t := range d.index.All() {
		if t.State == poller.Failed {
			next, step := *t, queue.StepSubmitAgain
			if i%2 > 0 {
				step = queue.StepChangeInput
			}
			next.Payload, next.NextStep = int64(i+1), string(step)
			u.Tasks = append(u.Tasks, &next)
			u.Payloads = append(u.Payloads, &poller.Payload{Number: next.Payload, State: poller.PayloadSubmitted, Base: d.base, Endpoint: t.Request.Endpoint, RequestID: t.Request.ID})
		}
	}
	d.send(common.TasksChanged{Update: u})
}

// draw returns the screen of a scene, in a mode.
func (s scene) draw(t *testing.T, size [2]int, m viewstest.Mode) (screen string) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, size[0], size[1], func(o *Options) {
			o.Open = func(string) error { return errors.New("no browser") }
			if s.options != nil {
				s.options(o)
			}
		})
		d.dark, d.env.Profile = m.Dark, m.Profile
		d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		d.env.UserActed = true
		d.give(6, poller.Running, poller.Queued, poller.Succeeded, poller.Failed, poller.Queued)
		s.open(d)
		if d.env.Focus != views.OnDialog {
			t.Fatalf("no dialog is open:\n%s", d.screen())
		}
		if !s.early {
			d.pass()
		}
		screen = d.View().Content
	})
	return screen
}

// TestDialogsInEveryMode and TestDialogsAtEverySize hold how all dialogs look.
func TestDialogsInEveryMode(t *testing.T) {
	viewstest.HoldStyles(t, slices.Sorted(maps.Keys(scenes)), func(t *testing.T, name string, size [2]int, m viewstest.Mode) string {
		return scenes[name].draw(t, size, m)
	})
}

func TestDialogsAtEverySize(t *testing.T) {
	viewstest.HoldTexts(t, slices.Sorted(maps.Keys(scenes)), func(t *testing.T, name string, size [2]int, m viewstest.Mode) string {
		return scenes[name].draw(t, size, m)
	})
}
