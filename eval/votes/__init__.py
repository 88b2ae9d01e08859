"""What people say of answers, blind."""
