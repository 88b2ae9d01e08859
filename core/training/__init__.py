"""From a plan to an adapter: records, the detached trainer process, and its events."""
