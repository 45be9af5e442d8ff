"""A larger course, into which the chapters of this repository are linked."""

project = "Python from the Start"
extensions = ["myst_parser", "course_nav"]
html_theme = "furo"
intersphinx_mapping = {"async": ("https://async.example/ko/", "../async/build/html/objects.inv")}
