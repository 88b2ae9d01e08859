"""A Report as pages and pictures, in two languages."""
