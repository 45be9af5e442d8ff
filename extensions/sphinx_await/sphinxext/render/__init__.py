"""Writing pages: transforms, visitors, pictures and files."""
