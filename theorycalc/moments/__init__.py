"""Exact moments of Gaussian and Wishart matrices (theory sections 3 and 5)."""
