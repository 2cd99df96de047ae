//go:build unix

package input_test

import (
	"os"
	"syscall"
	"testing"
)

func TestNamedPipeIsReadFromOneWriterAfterTheOther(t *testing.T) {
	f := tempFile(t)
	f.must(syscall.Mkfifo(f.path, 0o600))
	b := start(t, nil, f.path)
	writer, err := os.OpenFile(f.path, os.O_WRONLY, 0)
	f.must(err)
	writer.WriteString("mmsu_01hxyz00000000000000000001\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	writer.WriteString("mmsu_01hxyz00000000000000000002") // ends with its writer
	f.must(writer.Close())
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
	f.append("mmsu_01hxyz00000000000000000003\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002", "mmsu_01hxyz00000000000000000003")
}

func TestRunReturnsWhileANamedPipeIsSilent(t *testing.T) {
	f := tempFile(t)
	f.must(syscall.Mkfifo(f.path, 0o600))
	b := start(t, nil, f.path)
	writer, err := os.OpenFile(f.path, os.O_WRONLY, 0)
	f.must(err)
	defer writer.Close()
	writer.WriteString("mmsu_01hxyz00000000000000000001\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	b.stop()
}
