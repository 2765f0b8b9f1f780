// The statement of a problem and the shapes of the answers.  Spectra only: Λ, Σ and the prior are diagonal in one basis.

export type Metric = "estimation" | "prediction";
export type Rung = "population" | "one-step" | "exact" | "proportional";
export type PhaseName = "exponential" | "polynomial" | "saturating" | "overthinking";
export type Fate = "converging" | "oscillating" | "critical" | "overthinking";

export interface Problem {
  /** Training spectrum λ, d positive numbers. */
  readonly lambda: ArrayLike<number>;
  /** Test spectrum σ, in the same basis; left out: Σ = Λ. */
  readonly sigma?: ArrayLike<number> | undefined;
  /** Diagonal of Q = E w* w*ᵀ + w₀ w₀ᵀ; left out: 1. */
  readonly prior?: ArrayLike<number> | undefined;
  /** Examples in a training prompt, an integer ≥ 1 or Infinity. */
  readonly n: number;
  /** Examples in the test prompt, an integer ≥ 1 or Infinity. */
  readonly m: number;
  /** Variance of the label noise in the test prompt, 0 unless said. */
  readonly noiseVar?: number | undefined;
  /** "estimation" (P = I) unless said; "prediction" is P = Σ. */
  readonly metric?: Metric | undefined;
}

export interface GammaSpectrum {
  /** γᵢ = (1 + 1/n) λᵢ + tr Λ/n. */
  readonly gamma: Float64Array;
  /** cᵢ = σᵢ/γᵢ. */
  readonly ratio: Float64Array;
  /** 1 − cᵢ, what a step on a long prompt multiplies the error of skill i by; without cancellation where Σ = Λ. */
  readonly factor: Float64Array;
}

/** Why a curve is shorter than asked. */
export interface Truncation {
  readonly step: number;
  readonly sentence: string;
}

export interface ErrorCurve {
  readonly rung: Rung;
  readonly metric: Metric;
  /** E_0 … E_K; K is less than asked only if `truncated` says why.  Never NaN, never infinite. */
  readonly values: Float64Array;
  /** Estimated (population: bounded) relative rounding error of each value; NaN-free. */
  readonly relativeError: Float64Array;
  /** The step with the least error, the first of equals. */
  readonly kStar: number;
  /** Whether the least error is at the last step shown, so that more steps may do better. */
  readonly kStarAtEnd: boolean;
  readonly truncated: Truncation | null;
  /** Sentences a reader needs: what was ignored, what underflowed. */
  readonly notes: readonly string[];
}

export interface Edges {
  /** Where the spectrum of N away from 0 begins; 0 for d = m. */
  readonly lower: number;
  readonly upper: number;
  /** Mass at 0: max(0, 1 − m/d). */
  readonly atom: number;
}
