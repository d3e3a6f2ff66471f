"""Canopy: an AIOps control plane that reads an existing Prometheus."""

__version__ = "0.1.0"
