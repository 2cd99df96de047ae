//go:build unix

package e2e

import (
	"bufio"
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/store"
)

// submitKills is how often a process that submits is killed, unless POLLTOP_KILLS says
// otherwise: more takes some 0.2 s each.
const submitKills = 25

// Kill -9 at any moment loses no payload, and sends none twice that may not be: at SeaCloud
// nothing makes a repetition safe, at Comfy Router the idempotency key does.
func TestKilledAtAnyMomentNoPayloadIsSentTwice(t *testing.T) {
	for _, service := range []simulator.Service{simulator.SeaCloud, simulator.Comfy} {
		t.Run(string(service), func(t *testing.T) {
			t.Parallel()
			killedWhileSubmitting(t, service)
		})
	}
}

// submitted is a batch of payloads that is submitted while processes are killed.
type submitted struct {
	t       *testing.T
	s       *service
	env     []string
	dir     string
	random  *rand.Rand
	bodies  map[string]bool // of all payloads, by label
	batches int
}

const batchSize = 60

func killedWhileSubmitting(t *testing.T, kind simulator.Service) {
	endpoint := "wan26_i2v"
	if kind == simulator.Comfy {
		endpoint = "bfl/flux-2-pro"
	}
	s := serve(t, faulty.Config{Service: kind, Seed: 7, Latency: 4 * time.Millisecond, Endpoints: []simulator.Endpoint{{Name: endpoint, Workers: 1000}}})
	dir, home := state(t)
	b := &submitted{t: t, s: s, dir: dir, random: rand.New(rand.NewPCG(11, 13)), bodies: map[string]bool{}}
	b.env = append([]string{"BASE_URL=" + s.url, "API_KEY=" + key, "COMFY_API_KEY=" + key, "ENDPOINT=" + endpoint, "POLLTOP_SERVICE=" + string(kind), "HOME=" + dir}, home)
	kills := submitKills
	if text := os.Getenv("POLLTOP_KILLS"); text != "" {
		kills, _ = strconv.Atoi(text)
	}
	told := 0
	for n := range kills {
		args := []string{"wait"}
		if n%6 == 0 { // else there would be nothing left to submit
			args = []string{"submit", "--yes", "--wait", "--max-live", "1000", b.file()}
		}
		if b.killed(args) {
			told++
		}
	}
	status, _, stderr := run(t, b.env, "", append([]string{"wait", "--timeout", "1m"}, b.flags()...)...)
	unknown := b.check(kind == simulator.Comfy)
	t.Logf("killed %d times, %d of them after a submission was told: %d payloads, %d of them unknown", kills, told, len(b.bodies), unknown)
	if want := map[bool]int{true: 3, false: 0}[unknown > 0]; status != want {
		t.Errorf("exit status %d at the end, want %d: %s", status, want, stderr)
	}
	if told < kills/3 {
		t.Errorf("only %d of %d processes had submitted anything: this proves little", told, kills)
	}
}

func (b *submitted) flags() []string {
	return []string{"--json", "--session", "killed", "--interval", "5ms", "--rate", "2000"}
}

// file writes a file with a new batch.
func (b *submitted) file() string {
	b.t.Helper()
	b.batches++
	var text strings.Builder
	for i := range batchSize {
		label := fmt.Sprintf("%d-%d", b.batches, i)
		b.bodies[label] = true
		fmt.Fprintf(&text, `{"endpoint":%q,"label":%q,"input":%s}`+"\n", cmp.Or(strings.TrimPrefix(b.env[3], "ENDPOINT="), "e"), label, bodyOf(label))
	}
	path := filepath.Join(b.dir, "batch.jsonl")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

func bodyOf(label string) string {
	return fmt.Sprintf(`{"prompt":%q,"simulate":{"queue":0,"run":0.01,"end":"success"}}`, label)
}

// killed runs a process that is killed at a random time, mostly soon after it told of a
// submission, and reports whether it told one.
func (b *submitted) killed(args []string) (told bool) {
	b.t.Helper()
	command := exec.Command(binary, append(args, b.flags()...)...)
	command.Env = b.env
	out, err := command.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.t.Fatal(err)
	}
	early, after := b.random.IntN(3) == 0, time.Duration(b.random.IntN(30_000))*time.Microsecond
	if early {
		time.AfterFunc(4*after, func() { command.Process.Kill() })
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), `"submitted"`) && !told {
			told = true
			if !early {
				time.AfterFunc(after, func() { command.Process.Kill() })
			}
		}
	}
	command.Wait()
	return told
}

// check holds what is in the session against what the service has created, and returns how many
// submissions are unknown.
func (b *submitted) check(keyed bool) (unknown int) {
	kept, err := store.OpenReadOnly(sessionFile(b.dir, "killed"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer kept.Close()
	loaded, err := kept.Load(queue.BaseResolver(nil))
	if err != nil {
		b.t.Fatal(err)
	}
	tracked := map[string]bool{}
	for _, task := range loaded.Tasks {
		tracked[task.Request.ID] = true
	}
	created := b.s.Created()
	known := map[string]bool{}
	batches := map[string]int{}
	for _, p := range loaded.Payloads {
		known[p.Label] = true
		batch, _, _ := strings.Cut(p.Label, "-")
		batches[batch]++
		times := created[bodyOf(p.Label)]
		switch {
		case p.State == poller.PayloadSubmitted && times == 1 && tracked[p.RequestID]:
		case p.State == poller.PayloadUnknown && times <= 1 && !keyed:
			unknown++
		default:
			b.t.Errorf("payload %s is %s (task tracked: %v) and was created %d times", p.Label, p.State, tracked[p.RequestID], times)
		}
	}
	for batch, n := range batches {
		if n != batchSize {
			b.t.Errorf("batch %s has %d of %d payloads", batch, n, batchSize)
		}
	}
	// What a process that was killed while it read its file has not confirmed was not sent.
	for label := range b.bodies {
		if !known[label] && created[bodyOf(label)] > 0 {
			b.t.Errorf("payload %s was sent, and is not in the session", label)
		}
	}
	if len(known) < len(b.bodies)/2 {
		b.t.Errorf("only %d of %d payloads are in the session: this proves little", len(known), len(b.bodies))
	}
	return unknown
}
