package exercise

// TwoSum asks at each number whether its partner has come by. O(n) time, O(n) space.
func TwoSum(numbers []int, target int) []int {
	positionOf := make(map[int]int, len(numbers))
	for position, number := range numbers {
		if partner, ok := positionOf[target-number]; ok {
			return []int{partner, position}
		}
		// Only now: a number must not be its own partner.
		positionOf[number] = position
	}
	return nil
}
