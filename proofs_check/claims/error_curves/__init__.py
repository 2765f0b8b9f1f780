"""The expected test error, its bounds and its limits."""
