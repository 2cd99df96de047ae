// Command bench serves a status answer for every path after a set delay, which
// nginx alone can't, and prints the port it listens on. It runs until it is killed.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
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
	server := &http.Server{ErrorLog: log.New(os.Stderr, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(delay)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})}
	if cert == "" {
		return server.Serve(listener)
	}
	return server.ServeTLS(listener, cert, key)
}
