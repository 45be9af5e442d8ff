"""Turns a recording into a timeline: the data of a picture."""
