"""The thinking budget: how much context thinking saves, when it harms, how long to think (theory sections 6 to 9)."""
