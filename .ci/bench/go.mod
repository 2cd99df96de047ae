module polltop/bench

go 1.26.0
