"""What tuning cost elsewhere: a bundled general set, judge-free, and general texts."""
