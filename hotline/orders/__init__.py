"""The work order (工单): its record, its lifecycle table, its event log, its deadlines."""
