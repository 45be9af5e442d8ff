"""The data: snippets, recordings, and what a recording depends on."""
