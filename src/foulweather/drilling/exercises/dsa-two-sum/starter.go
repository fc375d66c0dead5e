package exercise

// TwoSum finds the positions of two elements that add up to the target; none: an empty slice.
func TwoSum(numbers []int, target int) []int {
	panic("write TwoSum")
}
