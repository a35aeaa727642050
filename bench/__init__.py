"""Measurements: each runs the product beside a named reference on this machine, and prints ratios."""
