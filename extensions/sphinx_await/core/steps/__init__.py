"""A run as a series of moments that a reader steps through: one for each thing that happened, in the order in which."""
