"""The proportional limit and its spectrum."""
