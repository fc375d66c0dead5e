package exercise

// TreeNode is a node of a binary tree.
type TreeNode struct {
	Value       int
	Left, Right *TreeNode
}

// LevelOrder goes breadth first, a whole level at a time. O(n).
func LevelOrder(root *TreeNode) [][]int {
	var levels [][]int
	var level []*TreeNode
	if root != nil {
		level = append(level, root)
	}
	for len(level) > 0 {
		values := make([]int, 0, len(level))
		var next []*TreeNode
		for _, node := range level {
			values = append(values, node.Value)
			for _, child := range []*TreeNode{node.Left, node.Right} {
				if child != nil {
					next = append(next, child)
				}
			}
		}
		levels = append(levels, values)
		level = next
	}
	return levels
}
