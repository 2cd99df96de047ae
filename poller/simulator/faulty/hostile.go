package faulty

import "strings"

// hostileSize is the minimum length of HostileError in bytes.
const hostileSize = 10 << 10

// hostileParts are the parts of HostileError: what must never reach a terminal unchanged, and what
// breaks the counting of columns. The words between them show whether readable text survives.
var hostileParts = []string{
	"\x1b[2J\x1b[H\x1b[31;1mred\x1b[0m \x1b[?1049l\x1b[?25l cursor",
	"\x1b]52;c;cm0gLXJmIH4K\x07clipboard \x1b]52;c;cm0gLXJmIH4K\x1b\\again",
	"\x1b]0;all tasks succeeded\x07title \x1b]8;;https://phishing.example/\x1b\\link\x1b]8;;\x1b\\",
	"\x1bP$q\"p\x1b\\device \x1b_Gf=100;AAAA\x1b\\picture \x1b^private\x1b\\ \x1bX string\x1b\\",
	"\u009b31mone byte \u009d52;c;cm0gLXJmIH4K\u009c \u0090q\u009c \u0085 next line",
	"invoice\u202egnp.exe\u202c \u2066left\u2069 \u2067right\u2069 \u200f\u200e\u061c marks",
	"\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 family \U0001f3f3\ufe0f\u200d\U0001f308 flag \U0001f9d1\U0001f3fd\u200d\U0001f680 \U0001f1f0\U0001f1f7",
	"Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034da\u036b\u0357\u0334\u0362\u0335\u031c\u0330\u0354lgo e\u0301",
	"tab\tseparated\tcolumns\r\nnew\nlines\vvertical\fform\bback\x00nul\x7fdelete\a",
	"宽字符 模型执行失败 \u3000 \uff21\uff22 한국어 ｶﾅ \u200b\u2060\ufeff zero width \u00ad soft",
	"مرحبا بالعالم שלום עולם mixed directions \u2028line\u2029paragraph",
	"\U000e0041\U000e0042 tags \ufff9note\ufffb \ufffd \U0010ffff end of all",
}

// HostileError returns the error of HostileText: ten kilobytes of escape sequences, control
// characters, overrides of the writing direction, wide and joined characters and line breaks.
func HostileError() string {
	var b strings.Builder
	for i := 0; b.Len() < hostileSize; i++ {
		b.WriteString(hostileParts[i%len(hostileParts)])
		b.WriteByte(' ')
	}
	return b.String()
}
