"""Γ, the matrix that no-CoT training writes into the attention layer (theory section 3)."""
