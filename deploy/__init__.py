"""Everything that runs Canopy elsewhere, and the demo."""
