"""Everything log lines come from."""
