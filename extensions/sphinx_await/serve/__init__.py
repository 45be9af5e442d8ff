"""``sphinx-await serve``: a site in the browser that follows its sources while they are written."""
