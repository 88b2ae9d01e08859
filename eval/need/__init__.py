"""Whether training was needed: what a base model reaches with a prompt alone."""
