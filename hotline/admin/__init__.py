"""Administration (管理): pages over what every room keeps, and the one record of who changed what."""
