package views_test

import (
	"strings"

	"polltop/poller/simulator/faulty"
)

// hostileSeeds are texts that a terminal would obey, or that a screen which
// counts columns gets wrong: one of each kind, all of them together, and that
// which the simulated service tells.
func hostileSeeds() []string {
	seeds := []string{
		"", "plain", " ", "\n", "\t\t", "a\r\nb\rc\vd\fe", "\x00\x01\x07\x08\x0b\x1b\x7f",
		"\x1b[31mred\x1b[0m", "\x1b[2J\x1b[H", "\x1b[38:2::255:0:0mcolon", "\x1b[m\x1b[;m", "\x1b[1", "\x1b",
		"\x1b]0;title\x07", "\x1b]52;c;cm0gLXJmIH4K\x07", "\x1b]8;;https://x.example\x1b\\link\x1b]8;;\x1b\\", "\x1b]0;never ends",
		"\x1bPq#0\x1b\\", "\x1b_Gf=100;AAAA\x1b\\", "\u009b31m", "\u009d0;evil\u009c", "\x9b31m", "\x85", "\u0085",
		"\u202egnp.exe\u202c", "\u2066x\u2069\u2067y\u2069\u200f\u200e\u061c", "\u2028\u2029", "\u200b\u200c\u200d\u2060\ufeff\u00ad",
		"👩‍👩‍👧‍👦", "🏳️‍🌈", "🧑🏽‍🚀", "🇰🇷🇩", "❤️", "1️⃣", "Z\u0351\u036b\u0343\u036a\u0302", "\u0301", "e\u0301e\u0301",
		"宽字符한국어ｆｕｌｌ", "ｶﾞﾞ", "ᄒ", "\u1161\u11a8", "กำ", "क्षिक", "مرحبا שלום", "𓀀𒐫", "\U000e0041\U0010ffff\ue000",
		"\xff\xfe\xc3\x28\xed\xa0\x80\xe2\x80", strings.Repeat("界", 150), strings.Repeat("x", 400), strings.Repeat("e\u0301", 120),
		`{"a":["` + "\x1b[31m" + `",{"b":"宽\u001b[2J"}],"c":"` + strings.Repeat("long ", 40) + `"}`,
	}
	return append(seeds, strings.Join(seeds[:40], ""), faulty.HostileError())
}
