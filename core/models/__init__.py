"""Which base models can be tuned here, and what their templates do."""
