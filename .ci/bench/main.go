// Command bench serves a status answer for every path after a set delay, which
// nginx alone can't, and how many connections it has accepted for /connections. It
// prints the port it listens on, and runs until it is killed.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

func main() {
	delay := flag.Duration("delay", 0, "how long each answer takes")
	body := flag.String("body", "", "file with the answer")
	cert := flag.String("cert", "", "certificate; with it the server speaks TLS and HTTP/2")
	key := flag.String("key", "", "the certificate's key")
	flag.Parse()
	if err := serve(*delay, *body, *cert, *key); err != nil {
		log.Fatal(err)
	}
}

func serve(delay time.Duration, file, cert, key string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	var accepted atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/connections", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, accepted.Load()) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(delay)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
	server := &http.Server{ErrorLog: log.New(os.Stderr, "", 0), Handler: mux, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			accepted.Add(1)
		}
	}}
	if cert == "" {
		return server.Serve(listener)
	}
	return server.ServeTLS(listener, cert, key)
}
