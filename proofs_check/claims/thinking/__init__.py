"""Trade-off and overthinking."""
