"""接 receive: the agent's desk, the citizen's pages, the API and imports that take complaints in."""
