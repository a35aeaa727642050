"""Published tables, held against their own counts."""
