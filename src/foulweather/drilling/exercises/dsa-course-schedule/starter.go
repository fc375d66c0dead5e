package exercise

// CanFinish says whether all courses can be finished; {a, b}: b comes before a.
func CanFinish(courses int, prerequisites [][]int) bool {
	panic("write CanFinish")
}
