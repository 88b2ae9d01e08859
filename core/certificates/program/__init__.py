"""What only the measuring program imports: it knows torch."""
