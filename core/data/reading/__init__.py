"""Read a file of any container row by row, with the place of everything."""
