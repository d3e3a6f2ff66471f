"""Canopy measured against the naive build, side by side in one run."""
