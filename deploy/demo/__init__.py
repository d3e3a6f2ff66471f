"""The demo: a small shop, its traffic, a Prometheus and Canopy, started and stopped as one."""
