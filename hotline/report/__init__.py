"""报 report: measures, the week, the lists behind each number, the sheet. It reads and never changes an order."""
