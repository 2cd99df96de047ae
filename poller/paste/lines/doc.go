// Package lines cuts a text into lines and takes off them what terminals and tools add:
// byte-order marks, escape sequences, links, the names of processes, bullets, times, prompts.
// A line that a terminal broke within an id or an address is put together again.
//
// It knows what an id looks like (package words) and nothing of records. Package paste calls
// it. A prefix that a tool adds is added here, in prefixes, with a case of the paste reader.
package lines
