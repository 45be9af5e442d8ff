"""What only Linux has: namespaces, Landlock, system calls by number."""
