"""Check a conversation: everything wrong with it, and where."""
