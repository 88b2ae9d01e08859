"""Speed as ratios within one run: `./duotune bench` writes bench.json and asserts nothing."""
