"""The course's configuration: values only."""

import os
from pathlib import Path

from sphinx_await._version import __version__

project = "파이썬 비동기 강좌"
author = "sphinx-await"
copyright = "2026, sphinx-await"
version = release = __version__
language = "ko"

extensions = [
    "myst_parser",
    "sphinx_await",
    "bench_chart",
    "course_nav",
    "korean_breaks",
    "korean_latex",
    "korean_search",
    "site_shell",
    "source_beside",
    "code_reference",
]
exclude_patterns: list[str] = []

html_theme = "furo"
html_title = project
html_static_path = ["source/_static"]
templates_path = ["source/_templates"]
html_css_files = ["course.css"]
html_js_files = [("course.js", {"type": "module"})]
html_sidebars = {
    "**": [
        *("sidebar/brand.html", "sidebar/search.html", "sidebar/scroll-start.html", "sidebar/navigation.html"),
        *("sidebar/parts.html", "sidebar/scroll-end.html"),
    ]
}
html_show_sourcelink = False
# Where the site is served, as "https://site.example/course/": without it there are no absolute addresses, and so
# neither canonical addresses nor cards, a sitemap or robots.txt. Read the Docs gives it by itself.
html_baseurl = os.environ.get("SITE_URL") or os.environ.get("READTHEDOCS_CANONICAL_URL", "")
html_additional_pages = {"404": "404.html"}
html_favicon = "source/_static/favicon.svg"
# Every colour of both has a contrast of 7:1 or more with what is behind code (source/design/looks.md).
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-dark"
myst_heading_anchors = 3

await_display_html = True  # the gallery shows a table
# Every plain Python fence of a chapter is a program that runs; the guide shows programs without running them.
await_run_fences = ["index", "generator", "asyncio", "metaclass", "asyncio-depth", "asyncio/*"]
course_nav_list = "books"  # a page has the theme's buttons at its foot, which lead to the same pages
# Two books in one house: learners have the course in sidebar and search, authors and engineers have what is theirs.
course_nav_parts = {"guide": ["guide/*", "design/*", "search-guide", "search-guide-ko"]}
korean_search_parts = {"guide-ko": ["guide/ko/*"], "guide": ["guide/*", "design/*"]}
korean_search_synonyms = "source/search-synonyms.txt"
# Mock servers for these hosts, with their pages and delays in seconds.
_PAGE = '<!doctype html><html lang="en"><head><title>{0}</title></head><body><h1>{0}</h1></body></html>'
await_hosts = {
    "www.python.org": {"page": _PAGE.format("Welcome to Python.org"), "delay": 0.30},
    "www.google.com": {"page": _PAGE.format("Google"), "delay": 0.12},
    "www.github.com": {"page": _PAGE.format("GitHub"), "delay": 0.22},
    "weather.example": {"page": "그런 도시는 없습니다", "status": 404, "delay": 0.05},
}

# Kept in the repository, so that no build asks the network; `nox -s inventories` fetches them anew.
_INVENTORIES = Path(__file__).parent / "source" / "_inventories"
intersphinx_mapping = {
    "python": ("https://docs.python.org/ko/3/", f"{_INVENTORIES}/python.inv"),
    "aiohttp": ("https://docs.aiohttp.org/en/stable/", f"{_INVENTORIES}/aiohttp.inv"),
}

# Korean needs an engine that reads Unicode fonts.
latex_engine = "xelatex"
latex_documents = [("index", "python-asyncio.tex", project, author, "manual")]
latex_use_xindy = False  # makeindex comes with every TeX
latex_show_urls = "footnote"
latex_elements = {
    "papersize": "a4paper",
    "extraclassoptions": "openany,oneside",
    # One family for both scripts, so that Korean and Latin stand on one line and code keeps its columns.
    "fontpkg": r"""
\setmainfont{Noto Serif CJK KR}[AutoFakeSlant=0.2]
\setsansfont{Noto Sans CJK KR}[AutoFakeSlant=0.2]
\setmonofont{Noto Sans Mono CJK KR}[Scale=0.92,AutoFakeSlant=0.2]
""",
    "fncychap": "",  # its chapter heads are English
    "sphinxsetup": "verbatimforcewraps=true",
    # What is before the first chapter is not part of the contents, whose name would stay below it.
    "tableofcontents": r"\sphinxtableofcontents\markboth{}{}",
    # Sphinx takes the caption of the first toctree for the contents, and slants links, which Hangul is not made for.
    # polyglossia has titles of chapters justified, unless titlesec is told otherwise.
    # Its contents have room for two digits only. A heading takes the first lines of a program below it along.
    "preamble": r"""
\addto\captionskorean{\renewcommand{\contentsname}{차례}}
\protected\def\sphinxcrossref#1{#1}
\makeatletter\let\ttl@fil\raggedright\def\@pnumwidth{2em}\def\@tocrmarg{3em}\makeatother
\pretocmd\section{\sphinxawaitneed{8}}{}{}
\pretocmd\subsection{\sphinxawaitneed{8}}{}{}
""",
}
man_pages = [("index", "python-asyncio", project, [author], 7)]

epub_basename = "python-asyncio"
epub_title = project
epub_description = "실제로 실행된 예제로 배우는 파이썬 asyncio"
epub_identifier = epub_uid = "sphinx-await-course"
epub_show_urls = "no"
epub_use_index = False
epub_exclude_files = ["404.xhtml"]

# Sphinx puts its doctrees below the output folder, and its EPUB builder then wonders what they are.
suppress_warnings = ["epub.unknown_project_files"]
