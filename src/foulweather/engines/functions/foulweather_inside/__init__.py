"""What runs inside an environment, in whatever interpreter the function asks for: the standard library alone."""
