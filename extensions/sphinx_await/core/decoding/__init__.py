"""Decodes a journal into recordings."""
