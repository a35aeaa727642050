"""What runs beside the web: the relay that empties the outbox, the jobs, the schedule."""
