package natsstore_test

import (
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/natsstore/natstest"
	"polltop/poller/session/sessiontest"
	"polltop/poller/simulator"
)

// newCluster starts three servers that know each other.
func newCluster(t *testing.T) (servers []*server.Server) {
	t.Helper()
	var routes []*url.URL
	var ports []int
	for range 3 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
		routes = append(routes, &url.URL{Scheme: "nats", Host: listener.Addr().String()})
		listener.Close()
	}
	for i, port := range ports {
		servers = append(servers, natstest.Start(t, server.Options{
			ServerName: fmt.Sprint("n", i), JetStream: true, StoreDir: t.TempDir(), Routes: routes,
			Cluster: server.ClusterOpts{Name: "c", Host: "127.0.0.1", Port: port},
		}))
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		for _, s := range servers {
			if s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == len(servers) {
				return servers
			}
		}
	}
	t.Fatal("the cluster finds no leader")
	return nil
}

// TestAServerOfAClusterDies kills the server that leads the session's bucket, to which the
// process that polls is connected.
func TestAServerOfAClusterDies(t *testing.T) {
	t.Parallel()
	r, servers := newRig(t), newCluster(t)
	all := servers[0].ClientURL() + "," + servers[1].ClientURL()[len("nats://"):] + "," + servers[2].ClientURL()[len("nats://"):]
	first := r.run(all, natsstore.Options{})
	first.Track(r.Submit(5, simulator.Plan{Run: time.Millisecond}))
	first.Track(r.Submit(5, simulator.Plan{Run: 6 * time.Second}))
	first.Await("five ends", sessiontest.Ended(5))
	second := r.run(all, natsstore.Options{})
	second.Await("another that polls", sessiontest.Views)
	second.Await("five ends", sessiontest.Ended(5))

	for _, s := range servers {
		if s.JetStreamIsStreamLeader("$G", "KV_polltop_s") {
			s.Shutdown()
			break
		}
	}
	late := r.Submit(1, simulator.Plan{Run: time.Millisecond})
	first.Track(late)
	for _, p := range []*process{first, second} {
		p.Await("all ends", func(tasks map[int32]*poller.Task, last poller.Update) bool {
			return sessiontest.Ended(11)(tasks, last) && last.StoreErr == nil
		})
	}
	first.Await("one that polls", func(_ map[int32]*poller.Task, last poller.Update) bool { return last.Persistence.PolledBy != "nobody" })
	if first.store.Beat() == nil && second.store.Beat() == nil {
		t.Error("both poll")
	}
}
