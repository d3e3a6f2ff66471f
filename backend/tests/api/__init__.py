"""Tests of the HTTP API, over the whole app and a real Prometheus."""
