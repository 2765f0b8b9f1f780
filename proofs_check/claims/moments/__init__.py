"""Moments of sample covariances."""
