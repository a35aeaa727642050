"""Figures by day: counted, kept up to date, read, and verified."""
