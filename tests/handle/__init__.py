"""Tests of handle."""
