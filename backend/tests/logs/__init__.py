"""Tests of backend.logs."""
