"""The recorder: everything that runs inside the program's process."""
