"""The journal: binary records that a program's process writes, and their reader."""
