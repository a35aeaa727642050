"""Periodic reports 日报、周报、月报、专报: composed, kept, drawn, sent and signed."""
