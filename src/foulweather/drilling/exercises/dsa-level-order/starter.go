package exercise

// TreeNode is a node of a binary tree.
type TreeNode struct {
	Value       int
	Left, Right *TreeNode
}

// LevelOrder lists the values of each level, from the top.
func LevelOrder(root *TreeNode) [][]int {
	panic("write LevelOrder")
}
