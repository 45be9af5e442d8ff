"""Running the snippets of a build, and judging their recordings."""
