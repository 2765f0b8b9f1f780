"""Mixtures of training tasks and their selection."""
