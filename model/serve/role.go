package serve

// role is what somebody may do.
type role uint8

const (
	viewer   role = iota // look, copy and export to the own screen
	operator             // also what changes what is tracked and polled
)

// String returns the role's name.
func (r role) String() string {
	if r == operator {
		return "operator"
	}
	return "viewer"
}

// looking are the keys, as the help names them, that change nothing but the own screen. A
// key that is not among them is for operators.
var looking = map[string]bool{
	"↑/k": true, "↓/j": true, "pgup/^b": true, "pgdn/^f": true, "^u": true, "^d": true, "home/gg": true, "end/G": true,
	"/": true, "f": true, "n": true, "N": true, "1-7": true, "→/l": true, "←/h": true, "s": true, "S": true, "g": true, "t": true,
	"enter": true, "tab": true, "esc": true, "space": true, "V": true, "*": true,
	"y": true, "Y": true, "E": true, "w": true, "?": true, "q": true,
}

// refuse returns why a key does nothing for the role, "" where it does something. What
// would reach the server's own programs is refused to all.
func (r role) refuse(key, does string) string {
	switch {
	case key == "o":
		return "there is no browser here: Y copies an output's URL"
	case key == "^z":
		return "there is no shell here to go back to: enter ~ ^z suspends ssh itself"
	case r == operator || looking[key]:
		return ""
	}
	return key + " (" + does + ") is for operators: your key may look, copy and export"
}
