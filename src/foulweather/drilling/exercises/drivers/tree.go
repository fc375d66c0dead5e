func tree(values []*int) *exercise.TreeNode {
	if len(values) == 0 {
		return nil
	}
	root := &exercise.TreeNode{Value: *values[0]}
	waiting := []*exercise.TreeNode{root}
	for at := 1; at < len(values); at += 2 {
		node := waiting[0]
		waiting = waiting[1:]
		if values[at] != nil {
			node.Left = &exercise.TreeNode{Value: *values[at]}
			waiting = append(waiting, node.Left)
		}
		if at+1 < len(values) && values[at+1] != nil {
			node.Right = &exercise.TreeNode{Value: *values[at+1]}
			waiting = append(waiting, node.Right)
		}
	}
	return root
}
