package views

import (
	"math"
	"strconv"
)

// Cost returns what something costs, for people: the amount, with up to four digits
// behind the point, and its unit, such as "1.25 credits".
func Cost(amount float64, unit string) string {
	return strconv.FormatFloat(math.Round(amount*1e4)/1e4, 'f', -1, 64) + " " + unit
}
