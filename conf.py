"""The course's configuration: values only."""

project = "파이썬 비동기 강좌"
author = "sphinx-await"
copyright = "2026, sphinx-await"
version = release = "0.1.0"
language = "ko"

extensions = ["myst_parser", "sphinx_await", "korean_latex"]
exclude_patterns: list[str] = []

html_theme = "furo"
html_title = project
html_static_path = ["source/_static"]
templates_path = ["source/_templates"]
html_css_files = ["course.css"]
html_js_files = [("course.js", {"type": "module"})]
html_show_sourcelink = False
html_favicon = "source/_static/favicon.svg"
# Every colour of both has a contrast of 7:1 or more with what is behind code (source/design/looks.md).
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-dark"
myst_heading_anchors = 3

# Every plain Python fence of a chapter is a program that runs; the guide shows programs without running them.
await_run_fences = ["generator", "asyncio", "metaclass"]
# The lesson web: who answers for these hosts, with what, after how many seconds.
_PAGE = '<!doctype html><html lang="en"><head><title>{0}</title></head><body><h1>{0}</h1></body></html>'
await_hosts = {
    "www.python.org": {"page": _PAGE.format("Welcome to Python.org"), "delay": 0.30},
    "www.google.com": {"page": _PAGE.format("Google"), "delay": 0.12},
    "www.github.com": {"page": _PAGE.format("GitHub"), "delay": 0.22},
}

# Korean needs an engine that reads Unicode fonts.
latex_engine = "xelatex"

# Sphinx puts its doctrees below the output folder, and its EPUB builder then wonders what they are.
suppress_warnings = ["epub.unknown_project_files"]
