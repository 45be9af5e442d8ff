"""From a recording to the data of a picture."""
