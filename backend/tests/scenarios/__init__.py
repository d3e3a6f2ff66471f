"""Tables of what Prometheus answers and which incidents must follow."""
