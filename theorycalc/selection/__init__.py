"""Which training tasks to choose, and with which probabilities, for a given target (theory section 10)."""
