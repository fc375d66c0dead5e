package exercise

// Knapsack keeps the best value for every number of items and every capacity. O(n·W).
func Knapsack(weights, values []int, capacity int) int {
	// best[i][c]: the most that the first i items are worth in c.
	best := make([][]int, len(weights)+1)
	for i := range best {
		best[i] = make([]int, capacity+1)
	}
	for i, weight := range weights {
		for room := 0; room <= capacity; room++ {
			best[i+1][room] = best[i][room]
			if weight <= room && best[i][room-weight]+values[i] > best[i+1][room] {
				best[i+1][room] = best[i][room-weight] + values[i]
			}
		}
	}
	return best[len(weights)][capacity]
}
