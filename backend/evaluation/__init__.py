"""Evaluation: what detectors are worth, measured on labelled series by published rules."""
