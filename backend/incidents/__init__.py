"""Incidents: when one opens, what may happen to it, and where it is kept."""
