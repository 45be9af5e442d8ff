"""What authors give: configuration, programs with their options, and how they go together. Nothing of Sphinx."""
