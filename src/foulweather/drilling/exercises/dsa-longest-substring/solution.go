package exercise

// LongestSubstring slides a window over the runes. O(n).
func LongestSubstring(text string) int {
	lastSeen := make(map[rune]int)
	longest, start := 0, 0
	for position, character := range []rune(text) {
		// A sighting from before the window must not pull its edge back.
		if seen, ok := lastSeen[character]; ok && seen >= start {
			start = seen + 1
		}
		lastSeen[character] = position
		if length := position - start + 1; length > longest {
			longest = length
		}
	}
	return longest
}
