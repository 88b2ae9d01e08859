"""Speed, as ratios within one run: `./duotune bench` writes bench.json. Nothing is asserted here."""
