"""From the data of a picture to SVG, LaTeX, text and trace events."""
