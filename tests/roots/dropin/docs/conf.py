extensions = ["myst_parser", "sphinx_exec_code"]
exclude_patterns = ["build"]
html_theme = "alabaster"
numfig = True
exec_code_working_dir = ".."
exec_code_source_folders = ["../src"]
exec_code_example_dir = "examples"
exec_code_set_utf8_encoding = True
