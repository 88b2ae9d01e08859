"""Read a file, check every row, remove exact duplicates, freeze a split."""
