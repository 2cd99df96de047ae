package model

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/actions"
	"polltop/model/common"
	"polltop/model/dialog"
	"polltop/model/failures"
	"polltop/model/stats"
	"polltop/model/tasktable"
)

var suspend = common.Bind("^z", "suspend", "ctrl+z")

func helpGroups() []common.HelpGroup {
	own := []common.HelpGroup{{Title: "polltop", Keys: []key.Binding{suspend}}}
	return common.MergeHelp(tasktable.Help, failures.Help, stats.Help, actions.Help, dialog.Help, own)
}

// KeyTable returns all keys as a Markdown table for the documentation.
func KeyTable() string {
	var b strings.Builder
	b.WriteString("| key | what it does |\n| --- | --- |\n")
	for _, g := range helpGroups() {
		for _, k := range g.Keys {
			b.WriteString("| `" + k.Help().Key + "` | " + k.Help().Desc + " |\n")
		}
	}
	return b.String()
}

// availableHelp removes the keys that the user of a shared dashboard may not use, or, if
// shared is nil, those that need a shared one.
func availableHelp(groups []common.HelpGroup, shared *common.Shared) []common.HelpGroup {
	for i := range groups {
		groups[i].Keys = slices.DeleteFunc(groups[i].Keys, func(b key.Binding) bool {
			if shared == nil {
				return b.Help().Key == dialog.PeersKey
			}
			return shared.Refuse(b.Help().Key, b.Help().Desc) != ""
		})
	}
	return slices.DeleteFunc(groups, func(g common.HelpGroup) bool { return len(g.Keys) == 0 })
}

// refusal returns why the user of a shared dashboard may not have a wish, "" if they may.
func (m *Model) refusal(wish tea.Msg) string {
	if m.env.Shared == nil {
		return ""
	}
	switch wish := wish.(type) {
	case common.Command:
		for _, g := range helpGroups() {
			if at := slices.IndexFunc(g.Keys, func(b key.Binding) bool { return key.Matches(wish.KeyPressMsg, b) }); at >= 0 {
				return m.env.Shared.Refuse(g.Keys[at].Help().Key, g.Keys[at].Help().Desc)
			}
		}
	case common.Paste, common.Track:
		return m.env.Shared.Refuse("a", "add tasks")
	}
	return ""
}
