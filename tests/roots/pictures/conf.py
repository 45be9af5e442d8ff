"""A page to be photographed for the README: ``nox -s pictures``. Its language is given on the command line."""

extensions = ["myst_parser", "sphinx_await"]
html_theme = "furo"
html_title = "asyncio"
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-dark"
await_run_fences = ["**"]
