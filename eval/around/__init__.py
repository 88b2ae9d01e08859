"""What surrounds a verdict: controls, leaks, forgetting, length, speed, failures."""
