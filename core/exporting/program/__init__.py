"""What only the merging program imports: it knows torch."""
