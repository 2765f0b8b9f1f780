// Γ = (1 + 1/n) Λ + (tr Λ/n) I, whose inverse is what the trained transformer applies.

import { checked, gammaAt } from "./problem";
import type { GammaSpectrum, Problem } from "./types";

/** The spectra of Γ, of Γ⁻¹Σ and of I − Γ⁻¹Σ, in the order of λ. */
export function gammaSpectrum(problem: Problem): GammaSpectrum {
  const given = checked(problem);
  return gammaAt(given, given.n);
}

/** Hard(Λ) = tr Λ/λ_min ≥ d. */
export function taskHardness(problem: Problem): number {
  const { lambda } = checked(problem);
  const least = lambda.reduce((a, b) => Math.min(a, b));
  return lambda.reduce((a, b) => a + b / least, 0);
}
