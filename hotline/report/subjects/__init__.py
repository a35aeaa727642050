"""The rows of the registry, each file with what its measures count."""
