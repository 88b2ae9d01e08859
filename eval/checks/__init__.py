"""What code can decide about an answer, without any model."""
