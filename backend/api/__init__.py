"""The HTTP API: thin routers, one per noun, and the wire's schemas."""
