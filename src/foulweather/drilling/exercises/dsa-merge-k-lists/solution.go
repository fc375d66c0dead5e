package exercise

// ListNode is a node of a linked list.
type ListNode struct {
	Value int
	Next  *ListNode
}

// MergeLists divides the lists in two halves, merges each, and merges the two. O(n log k).
func MergeLists(heads []*ListNode) *ListNode {
	switch len(heads) {
	case 0:
		return nil
	case 1:
		return heads[0]
	}
	middle := len(heads) / 2
	return mergeTwo(MergeLists(heads[:middle]), MergeLists(heads[middle:]))
}

func mergeTwo(one, other *ListNode) *ListNode {
	var before ListNode
	tail := &before
	for one != nil && other != nil {
		if other.Value < one.Value {
			one, other = other, one
		}
		tail.Next = one
		tail, one = one, one.Next
	}
	tail.Next = one
	if one == nil {
		tail.Next = other
	}
	return before.Next
}
