import os

extensions = ["myst_parser", "sphinx_await"]
await_run_fences = ["*"]
await_timeout = 20
await_memory_limit = 192 << 20
await_output_limit = 100_000
# Where to find what must not be found; the test says.
await_environment = {name: value for name, value in os.environ.items() if name.startswith("TARGET_")}
