"""Hot topics 热点: orders about the same matter at the same place, told by more citizens than usual."""
