package picture

import "testing"

func TestDetect(t *testing.T) {
	type env map[string]string
	tests := []struct {
		name string
		env  env
		want Protocol
	}{
		{"nothing set", env{}, HalfBlock},
		{"xterm", env{"TERM": "xterm-256color"}, HalfBlock},
		{"dumb", env{"TERM": "dumb", "KITTY_WINDOW_ID": "1"}, None},
		{"kitty", env{"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}, Kitty},
		{"kitty over ssh", env{"TERM": "xterm-kitty"}, Kitty},
		{"kitty under another TERM", env{"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, Kitty},
		{"kitty started from iTerm2", env{"TERM": "xterm-kitty", "TERM_PROGRAM": "iTerm.app"}, Kitty},
		{"ghostty", env{"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, Kitty},
		{"ghostty by its resources", env{"TERM": "xterm-256color", "GHOSTTY_RESOURCES_DIR": "/usr/share/ghostty"}, Kitty},
		{"WezTerm by program", env{"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, ITerm2},
		{"WezTerm by TERM", env{"TERM": "wezterm"}, ITerm2},
		{"WezTerm by pane", env{"TERM": "xterm-256color", "WEZTERM_PANE": "0"}, ITerm2},
		{"WezTerm started from kitty", env{"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm", "KITTY_WINDOW_ID": "1"}, ITerm2},
		{"iTerm2", env{"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, ITerm2},
		{"iTerm2 over ssh", env{"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, ITerm2},
		{"mintty", env{"TERM": "xterm", "TERM_PROGRAM": "mintty"}, ITerm2},
		{"VS Code started from kitty", env{"TERM": "xterm-256color", "TERM_PROGRAM": "vscode", "KITTY_WINDOW_ID": "1"}, HalfBlock},
		{"Terminal.app", env{"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, HalfBlock},
		{"Konsole with Sixel", env{"TERM": "xterm-256color", "KONSOLE_VERSION": "220401"}, Sixel},
		{"Konsole before it", env{"TERM": "xterm-256color", "KONSOLE_VERSION": "211203"}, HalfBlock},
		{"Konsole of no version", env{"TERM": "xterm-256color", "KONSOLE_VERSION": "x"}, HalfBlock},
		{"foot", env{"TERM": "foot-extra"}, Sixel},
		{"mlterm", env{"TERM": "mlterm"}, Sixel},
		{"tmux in kitty", env{"TERM": "tmux-256color", "TMUX": "/tmp/tmux,1,0", "KITTY_WINDOW_ID": "1"}, HalfBlock},
		{"tmux that keeps TERM", env{"TERM": "xterm-kitty", "TMUX": "/tmp/tmux,1,0"}, HalfBlock},
		{"ssh from tmux in iTerm2", env{"TERM": "tmux-256color", "LC_TERMINAL": "iTerm2"}, HalfBlock},
		{"screen", env{"TERM": "screen.xterm-256color", "STY": "1.pts"}, HalfBlock},
		{"Zellij in WezTerm", env{"TERM": "xterm-256color", "ZELLIJ": "0", "TERM_PROGRAM": "WezTerm"}, HalfBlock},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Detect(func(k string) string { return tt.env[k] }); got != tt.want {
				t.Errorf("Detect(%v) = %v, want %v", tt.env, got, tt.want)
			}
		})
	}
}

func TestHasSixel(t *testing.T) {
	tests := []struct {
		name string
		da1  []int
		want bool
	}{
		{"no answer", nil, false},
		{"VT220 without", []int{62, 22}, false},
		{"VT340 with", []int{63, 1, 2, 4, 6, 22}, true},
		{"44 is not 4", []int{62, 44}, false},
	}
	for _, tt := range tests {
		if got := HasSixel(tt.da1); got != tt.want {
			t.Errorf("%s: FromAttributes(%v) = %v", tt.name, tt.da1, got)
		}
	}
}
