"""The configuration of the course: values of Sphinx, of its theme and of sphinx-await."""

project = "@TITLE@"
language = "@LANGUAGE@"

extensions = ["myst_parser", "sphinx_await"]
html_theme = "furo"
html_title = project
html_favicon = "favicon.svg"

# Each plain ```python fence of each page is a program, which runs when the site is built.
await_run_fences = ["**"]
