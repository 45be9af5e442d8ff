"""What runs inside a program's process beside the recorder."""
