package faulty

import (
	"net/http"

	"polltop/poller/simulator"
)

// ofCreation returns a kind of trouble with creating tasks alone.
func ofCreation(name string, serve serves) *simulator.FaultKind {
	return &simulator.FaultKind{Name: name, Serve: serve, CreateOnly: true}
}

// Trouble with creating tasks. Those whose name begins with Created create the task all the
// same.
var (
	// CreatedReset resets the connection before anything is answered.
	CreatedReset = ofCreation("CreatedReset", func(x *simulator.Exchange, _ simulator.Fault) {
		x.CreateTask(true)
		cut(x, true)
	})
	// CreatedSilent answers nothing until the client leaves.
	CreatedSilent = ofCreation("CreatedSilent", func(x *simulator.Exchange, f simulator.Fault) {
		x.CreateTask(true)
		slowHeaders(x, f)
	})
	// Created500 answers 500, CreatedGateway 502 with a gateway's page.
	Created500 = ofCreation("Created500", func(x *simulator.Exchange, f simulator.Fault) {
		x.CreateTask(true)
		Status500.Serve(x, f)
	})
	CreatedGateway = ofCreation("CreatedGateway", func(x *simulator.Exchange, f simulator.Fault) {
		x.CreateTask(true)
		simulator.Gateway502HTML.Serve(x, f)
	})
	// CreatedUnread answers 200 with JSON without an id, CreatedCut with JSON that is cut.
	CreatedUnread = ofCreation("CreatedUnread", func(x *simulator.Exchange, _ simulator.Fault) {
		x.CreateTask(true)
		x.JSON(http.StatusOK, map[string]string{"status": "ok"})
	})
	CreatedCut = ofCreation("CreatedCut", func(x *simulator.Exchange, _ simulator.Fault) {
		x.CreateTask(true)
		half(x, `{"request_id":"mmsu_01hmv6y4kfcd2q8r3sv5wx7yz9"}`, false)
	})
	// CreatedRedirect answers 303 to another address.
	CreatedRedirect = ofCreation("CreatedRedirect", func(x *simulator.Exchange, _ simulator.Fault) {
		x.CreateTask(true)
		x.Writer.Header().Set("Location", "/elsewhere")
		x.Writer.WriteHeader(http.StatusSeeOther)
	})
	// NotCreated429 answers 429, NotCreated503 answers 503 with the fault's Retry-After,
	// NotCreated422 refuses the input.
	NotCreated429 = ofCreation("NotCreated429", func(x *simulator.Exchange, f simulator.Fault) { x.RateLimit(f) })
	NotCreated503 = ofCreation("NotCreated503", func(x *simulator.Exchange, f simulator.Fault) { Unavailable503.Serve(x, f) })
	NotCreated422 = ofCreation("NotCreated422", func(x *simulator.Exchange, _ simulator.Fault) {
		x.JSON(http.StatusUnprocessableEntity, map[string]any{"detail": []map[string]any{{"loc": []string{"body", "prompt"}, "msg": "Field required", "type": "missing"}}})
	})
)

// Lost are the kinds after which a client can't know whether the task was created.
func Lost() []*simulator.FaultKind {
	return []*simulator.FaultKind{CreatedReset, CreatedSilent, Created500, CreatedGateway, CreatedUnread, CreatedCut, CreatedRedirect}
}
