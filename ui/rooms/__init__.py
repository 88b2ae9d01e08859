"""One module a room; each declares its widgets and wires them to `core.actions`."""
