"""报 report: measures, the week, rankings, exports. It reads; it never changes an order."""
