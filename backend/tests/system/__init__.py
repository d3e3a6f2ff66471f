"""Tests of Canopy as it runs: a process of its own beside a real Prometheus."""
