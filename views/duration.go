package views

import (
	"strconv"
	"time"
)

// Duration writes a duration as short as it can be read: 4s, 1m12s, 2h05m,
// 3d4h, and whole days from a hundred on. A negative one is 0s. It takes at
// most six characters below 100,000 days.
func Duration(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	const minute, hour, day = 60, 60 * 60, 24 * 60 * 60
	switch {
	case s < minute:
		return strconv.FormatInt(s, 10) + "s"
	case s < hour:
		return strconv.FormatInt(s/minute, 10) + "m" + twoDigits(s%minute) + "s"
	case s < day:
		return strconv.FormatInt(s/hour, 10) + "h" + twoDigits(s%hour/minute) + "m"
	case s < 100*day:
		return strconv.FormatInt(s/day, 10) + "d" + strconv.FormatInt(s%day/hour, 10) + "h"
	}
	return strconv.FormatInt(s/day, 10) + "d"
}

func twoDigits(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// roughly writes a duration that is an estimate: in whole minutes from one on,
// rounded up.
func roughly(d time.Duration) string {
	if d <= time.Minute || d >= time.Hour {
		return Duration(d)
	}
	return strconv.FormatInt(int64((d+time.Minute-1)/time.Minute), 10) + "m"
}
