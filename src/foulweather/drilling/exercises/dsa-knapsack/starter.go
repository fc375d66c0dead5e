package exercise

// Knapsack finds the largest total value that fits.
func Knapsack(weights, values []int, capacity int) int {
	panic("write Knapsack")
}
