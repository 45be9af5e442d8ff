"""From a journal to recordings."""
