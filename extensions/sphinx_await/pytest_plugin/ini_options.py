"""What the plugin adds to pytest's configuration, and what it has to note before pytest reads it."""

from __future__ import annotations

#: Options of pytest's own configuration, with their types there; those of conf.py's values have their names.
INI_OPTIONS = {
    "await_conf": ("string", "folder of the conf.py whose await_* values hold (default: the nearest above a page)"),
    "await_source": ("string", "folder of the sources, from which names of documents start"),
    "await_examples": ("linelist", "globs of Python files that are programs (default: examples/**.py)"),
    "await_run_fences": ("linelist", "globs of documents of which plain python fences run"),
    "await_timeout": ("string", "seconds until a program is stopped"),
    "await_jobs": ("string", "how many programs compute at once"),
    "await_cache_dir": ("string", "where recordings are kept (default: .await-cache)"),
    "await_cache_url": ("string", "a folder that machines share, where recordings are kept, too"),
    "await_execute": ("string", "auto, force or cached"),
    "await_environment": ("linelist", "variables of programs, each NAME=VALUE"),
    "await_files": ("linelist", "globs of files that programs find in their folder"),
    "await_folder_scope": ("string", "program or page"),
    "await_python": ("string", "the Python on which programs run: a virtual environment, an interpreter or a command"),
    "await_network": ("string", "programs reach the real network: true or false"),
    "await_expect_markers": ("linelist", "what a comment of expected output starts with"),
    "await_sandbox": ("string", "auto, strict or off"),
    "await_memory_limit": ("string", "bytes of memory of a program; 0 for no limit"),
    "await_preload": ("linelist", "modules that are imported once, before programs run"),
    "await_output_limit": ("string", "bytes of output that are kept of a program"),
}


#: ``sys.path`` before pytest adds the folders of tests to it: a build, whose recordings are shared, has none of them.
path_before_tests: list[str] = []
