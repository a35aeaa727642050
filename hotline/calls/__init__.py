"""The phone: calls offered, answered and abandoned, from the call log of the telephone system."""
