"""What event source mappings read: a module for each kind of source."""
