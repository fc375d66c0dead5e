package exercise

// LongestSubstring measures the longest run of characters of which none occurs twice.
func LongestSubstring(text string) int {
	panic("write LongestSubstring")
}
