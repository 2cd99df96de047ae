package model

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"polltop/model/input"
	"polltop/views"
)

// Streams read more tasks while the dashboard runs; a input.Reader does.
type Streams interface {
	Run(ctx context.Context)
	Next(ctx context.Context) (input.News, bool)
}

// newsMsg is what has come of the streams since the last.
type newsMsg struct {
	input.News
	over bool // no more will come
}

// awaitNews waits for what comes of the streams next.
func (m *Model) awaitNews() tea.Cmd {
	s, ctx := m.options.Streams, m.options.Context
	if s == nil {
		return nil
	}
	return func() tea.Msg {
		news, ok := s.Next(ctx)
		return newsMsg{News: news, over: !ok}
	}
}

// observeNews says what has come of the streams so far.
func (m *Model) observeNews(msg newsMsg) tea.Cmd {
	if msg.over {
		return nil
	}
	cmds := []tea.Cmd{m.awaitNews()}
	for _, s := range msg.Streams {
		m.problems.add(s.Problems)
		m.asking.add(s.Unsure)
		// The later takes the place of the earlier, and what was added matters more
		// than that the file is there now.
		for _, n := range s.Notices {
			level := views.LevelInfo
			if n.Trouble {
				level = views.LevelBad
			}
			cmds = append(cmds, m.mention(level, n.Text))
		}
		if s.Tracked.Added+s.Tracked.Known+s.NotUnderstood+s.Asked > 0 {
			level := views.LevelGood
			switch {
			case s.Tracked.StoreErr != nil:
				level = views.LevelBad
			case s.NotUnderstood+s.Asked+s.Tracked.Conflicts > 0:
				level = views.LevelWarn
			}
			cmds = append(cmds, m.mention(level, s.From+": "+addedText(s.Tracked, s.NotUnderstood, s.Asked)))
		}
	}
	return tea.Batch(cmds...)
}
