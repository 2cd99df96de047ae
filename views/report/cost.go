package report

import (
	"maps"
	"slices"
	"strings"

	"polltop/poller"
	"polltop/views"
	"polltop/views/safe"
)

// Costs are sums of what tasks cost, by unit.
type Costs map[string]float64

// CostsOf returns what tasks cost together, nil where no service told any cost.
func CostsOf(tasks []*poller.Task) Costs {
	var costs Costs
	for _, t := range tasks {
		if t == nil || t.CostUnit == "" {
			continue
		}
		if costs == nil {
			costs = Costs{}
		}
		costs[t.CostUnit] += t.Cost
	}
	return costs
}

// String returns the sums for people, such as "12.5 credits, 3 units"; "" for none.
func (c Costs) String() string {
	var parts []string
	for _, unit := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, safe.Line(views.Cost(c[unit], unit)))
	}
	return strings.Join(parts, ", ")
}
