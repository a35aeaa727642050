"""The citizen's own room: complain, follow, add, urge, withdraw, rate, ask again, by number and phone, without an account."""
