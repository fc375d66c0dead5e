package exercise

const (
	unseen = iota
	onTheWay
	done
)

// CanFinish searches depth first for a cycle. Go's stacks grow, so it may recurse. O(V + E).
func CanFinish(courses int, prerequisites [][]int) bool {
	neededBy := make([][]int, courses)
	for _, pair := range prerequisites {
		neededBy[pair[1]] = append(neededBy[pair[1]], pair[0])
	}
	state := make([]int, courses)
	var isFree func(course int) bool
	isFree = func(course int) bool {
		if state[course] != unseen {
			return state[course] == done
		}
		state[course] = onTheWay
		for _, one := range neededBy[course] {
			if !isFree(one) {
				return false
			}
		}
		state[course] = done
		return true
	}
	for course := range state {
		if !isFree(course) {
			return false
		}
	}
	return true
}
