"""The chain of thought on one prompt."""
