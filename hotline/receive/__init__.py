"""接 receive: the agent's desk, the API and imports that take complaints in."""
