"""Rankings and scores of units, red and black lists 红黑榜."""
