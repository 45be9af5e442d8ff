"""What a build imports of others: Sphinx, its builders, MyST, docutils and Pygments."""

from importlib import import_module

from sphinx.application import builtin_extensions

for name in (
    *builtin_extensions,
    "docutils.parsers.rst.directives.images",
    "docutils.parsers.rst.directives.tables",
    "myst_parser.sphinx_ext.main",
    "pygments.lexers.python",
    "sphinx.cmd.build",
    "sphinx.util.parallel",
    "sphinx.writers.html5",
):
    import_module(name)
