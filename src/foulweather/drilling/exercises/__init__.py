"""Programming exercises: a folder each, whose name is its id, and the means to write, check and explain them."""
