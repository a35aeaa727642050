"""Tests of hot topics."""
