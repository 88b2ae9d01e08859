"""Makes the bundled starter model from nothing: run `python -m core.models.build_starter`."""
