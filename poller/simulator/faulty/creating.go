package faulty

import (
	"net/http"

	"polltop/poller/simulator"
)

// newCreateKind returns a kind that disturbs only requests that create a task.
func newCreateKind(name string, serve serveFunc) *simulator.FaultKind {
	return &simulator.FaultKind{Name: name, Serve: serve, CreateOnly: true}
}

// The kinds that disturb the creation of a task. A kind whose name begins with Created creates the
// task nevertheless.
var (
	// CreatedReset resets the connection without an answer.
	CreatedReset = newCreateKind("CreatedReset", func(x *simulator.Exchange, _ simulator.Fault) {
		x.CreateTask(true)
		hijack(x, true)
	})
	// CreatedSilent answers nothing until the client leaves.
	CreatedSilent = newCreateKind("CreatedSilent", func(x *simulator.Exchange, f simulator.Fault) {
		x.CreateTask(true)
		slowHeaders(x, f)
	})
	// Created500 answers 500, CreatedGateway 502 with a gateway's page.
	Created500 = newCreateKind("Created500", func(x *simulator.Exchange, f simulator.Fault) {
		x.CreateTask(true)
		Status500.Serve(x, f)
	})
	CreatedGateway = newCreateKind("CreatedGateway", func(x *simulator.Exchange, f simulator.Fault) {
		x.CreateTask(true)
		simulator.Gateway502HTML.Serve(x, f)
	})
	// CreatedUnread answers 200 with JSON without an id, CreatedCut with truncated JSON.
	CreatedUnread = newCreateKind("CreatedUnread", func(x *simulator.Exchange, _ simulator.Fault) {
		x.CreateTask(true)
		x.JSON(http.StatusOK, map[string]string{"status": "ok"})
	})
	CreatedCut = newCreateKind("CreatedCut", func(x *simulator.Exchange, _ simulator.Fault) {
		x.CreateTask(true)
		sendHalf(x, `{"request_id":"mmsu_01hmv6y4kfcd2q8r3sv5wx7yz9"}`, false)
	})
	// CreatedRedirect answers 303 to another address.
	CreatedRedirect = newCreateKind("CreatedRedirect", func(x *simulator.Exchange, _ simulator.Fault) {
		x.CreateTask(true)
		x.Writer.Header().Set("Location", "/elsewhere")
		x.Writer.WriteHeader(http.StatusSeeOther)
	})
	// CreatedSame answers every request with the id of one task.
	CreatedSame = newCreateKind("CreatedSame", func(x *simulator.Exchange, _ simulator.Fault) {
		x.CreateTask(true)
		x.JSON(http.StatusOK, map[string]string{"request_id": otherID[1 : len(otherID)-1]})
	})
	// NotCreatedPage answers 404 with a web page, as a gateway does whose service is away.
	NotCreatedPage = newCreateKind("NotCreatedPage", func(x *simulator.Exchange, _ simulator.Fault) {
		x.Text(http.StatusNotFound, "text/html", "<html><title>404 Not Found</title></html>")
	})
	// NotCreated429 answers 429, NotCreated503 answers 503 with the fault's Retry-After,
	// NotCreated422 refuses the input.
	NotCreated429 = newCreateKind("NotCreated429", func(x *simulator.Exchange, f simulator.Fault) { x.RateLimit(f) })
	NotCreated503 = newCreateKind("NotCreated503", func(x *simulator.Exchange, f simulator.Fault) { Unavailable503.Serve(x, f) })
	NotCreated422 = newCreateKind("NotCreated422", func(x *simulator.Exchange, _ simulator.Fault) {
		x.JSON(http.StatusUnprocessableEntity, map[string]any{"detail": []map[string]any{{"loc": []string{"body", "prompt"}, "msg": "Field required", "type": "missing"}}})
	})
)

// UnknownCreations returns the kinds after which a client can't know whether the task was created.
func UnknownCreations() []*simulator.FaultKind {
	return []*simulator.FaultKind{CreatedReset, CreatedSilent, Created500, CreatedGateway, CreatedUnread, CreatedCut, CreatedRedirect}
}
