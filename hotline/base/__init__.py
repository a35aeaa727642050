"""What every room stands on: the database, time, errors, the unit of work, the outbox."""
