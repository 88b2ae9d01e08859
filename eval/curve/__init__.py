"""Whether more data would help: one plan on shares of the training rows."""
