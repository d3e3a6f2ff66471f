"""Tests of the jobs, each with real stores in a folder of its own."""
