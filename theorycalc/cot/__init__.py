"""The chain of thought on one prompt: w_{i+1} = w_i − Γ⁻¹ S (w_i − w*) (theory section 2)."""
