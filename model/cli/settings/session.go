package settings

import "strings"

// SessionSettings are the settings about the session and followed files.
type SessionSettings struct {
	// Session is the name of the session on disk, or the address of one in NATS; "" where none was
	// named.
	Session string
	// SharePayloads stores parameters, answers and results in a session in NATS.
	SharePayloads bool
	// NoStore keeps nothing on disk.
	NoStore bool
	// Follow are files to read tasks from as they grow.
	Follow []string
	// Label is the label of the tasks that the command adds; "" for none.
	Label string
}

// sessionTable are the rows of the table for SessionSettings.
var sessionTable = []setting{
	{
		flag: "session", section: "Session", env: "POLLTOP_SESSION", key: "session", value: "NAME",
		about: "session that the tasks are kept in: on disk, or with nats://HOST:PORT/NAME in NATS; the dashboard's is default if none is named",
	},
	{
		flag: "share-payloads", section: "Session", env: "POLLTOP_SHARE_PAYLOADS", key: "share_payloads", boolean: true,
		about: "keep parameters, answers and results too in a session in NATS, where all see them",
	},
	{
		flag: "no-store", section: "Session", env: "POLLTOP_NO_STORE", key: "no_store", boolean: true,
		about: "keep nothing on disk",
	},
	{
		flag: "follow", section: "Session", repeatable: true, value: "FILE",
		about: "file to read tasks from as it grows; repeatable",
	},
	{
		flag: "label", section: "Session", value: "TEXT",
		about: "label of the tasks that are added: a column, a filter word (label:TEXT), and in exports",
	},
}

// resolveSession checks the settings about the session and followed files.
func (r *reading) resolveSession() (SessionSettings, error) {
	k := SessionSettings{Session: strings.TrimSpace(r.find("session").last()), Follow: r.find("follow").values, Label: strings.TrimSpace(r.find("label").last())}
	for _, name := range []string{"session", "label"} {
		if given, named := r.flags[name]; named && strings.TrimSpace(given[len(given)-1]) == "" {
			return k, r.find(name).fail("the name is empty: name one such as batch-7, or leave the flag out")
		}
	}
	noStore, share := r.find("no-store"), r.find("share-payloads")
	var err error
	if k.SharePayloads, err = share.boolean(); err != nil {
		return k, err
	}
	if k.SharePayloads && len(r.flags["share-payloads"]) > 0 && !strings.Contains(k.Session, "://") {
		return k, share.fail("it is for a session in NATS: name one with --session nats://HOST:PORT/NAME, or leave it out")
	}
	if k.NoStore, err = noStore.boolean(); err != nil {
		return k, err
	}
	if k.NoStore && len(r.flags["session"]) > 0 {
		return k, noStore.fail("nothing is kept, so there is no session to name: leave one of --session and --no-store out")
	}
	return k, nil
}
