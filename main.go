// Polltop watches many asynchronous generation tasks on a queue API in the
// terminal: what runs, what failed and why.
package main

import (
	"os"

	"polltop/model/cli"
)

func main() { os.Exit(cli.Main()) }
