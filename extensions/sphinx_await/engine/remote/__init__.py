"""Programs on other machines: what is sent to a worker, how it runs there, and what comes back."""
