"""Reading pages: directives, roles and fences."""
