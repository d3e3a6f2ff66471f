"""What Canopy knows of the outside world: the metrics it asks for and the readings it keeps."""
