"""Programs in the browsers of readers: what runs in Pyodide, and what the page loads on the first press."""
