"""Policy as data: the working calendar, time limits, satisfaction schemes. Rules here are pure functions."""
