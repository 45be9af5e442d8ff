"""What the programs of a course that was never built need: tries options on them, and sorts those that fail."""
