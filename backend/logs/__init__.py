"""Logs: read, keep, search, and find the lines that explain an event."""
