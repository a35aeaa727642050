"""台账 ledgers: matters that were taken on together, and struck off one by one."""
