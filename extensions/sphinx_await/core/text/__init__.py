"""Text of a run: output lines, hidden folders, translatable messages."""
