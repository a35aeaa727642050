"""Tests of ledgers."""
