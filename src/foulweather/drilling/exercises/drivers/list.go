func linked(values []int) *exercise.ListNode {
	var head *exercise.ListNode
	for at := len(values) - 1; at >= 0; at-- {
		head = &exercise.ListNode{Value: values[at], Next: head}
	}
	return head
}

func unlinked(head *exercise.ListNode) ([]int, bool) {
	values := []int{}
	for ; head != nil; head = head.Next {
		if values = append(values, head.Value); len(values) > 1000000 {
			return nil, false
		}
	}
	return values, true
}
