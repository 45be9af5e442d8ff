extensions = ["myst_parser", "sphinx_await", "korean_latex"]
language = "ko"
await_run_fences = ["*"]
await_hosts = {
    "www.python.org": {"page": "<!doctype html><title>Python</title>", "delay": 0.30},
    "www.google.com": {"page": "<!doctype html><title>Google</title>", "delay": 0.12},
    "www.github.com": {"page": "<!doctype html><title>GitHub</title>", "delay": 0.22},
}
latex_engine = "xelatex"

# What EPUB wants to know; and Sphinx complains of its own doctrees in the output folder.
version = "1"
copyright = "2026"
suppress_warnings = ["epub.unknown_project_files"]
