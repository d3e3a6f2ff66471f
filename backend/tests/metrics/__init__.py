"""Tests of what Canopy knows of the outside world."""
