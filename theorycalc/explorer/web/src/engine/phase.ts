// How the typical error behaves as the chain of thought grows (theory section 6), and the safe prompt lengths.

import { edgesOf, root } from "./edges";
import { EngineError } from "./errors";
import { floorOf } from "./floor";
import { checked, whitened, type Whitened } from "./problem";
import type { Edges, PhaseName, Problem } from "./types";

/** Relative distance from a critical value within which float64 edges cannot tell the two sides apart. */
export const CRITICAL = 1e-12;

export interface Phase {
  readonly phase: PhaseName;
  readonly edges: Edges;
  /** max(|1 − λ₋|, |1 − λ₊|)²: what a step multiplies the error by in the end, where it can be learned. */
  readonly rate: number;
  /** lim E_k; null where the error grows without bound. */
  readonly floor: number | null;
  /** Whether λ₊ (m = ∞: the largest σ/γ) is 2 to the precision of float64, so that the phase beside it is as likely. */
  readonly critical: boolean;
  readonly sentence: string;
}

/** The phase of the proportional limit; for m = ∞ that of the population law. */
export function phase(problem: Problem): Phase {
  return phaseOf(whitened(checked(problem)));
}

export function phaseOf(white: Whitened): Phase {
  if ((white.noiseVar === 0 || white.m === Infinity) && white.Q.every((q) => q === 0)) {
    throw new EngineError("outside", "prior", "prior = 0: there is no error to think about; give some skill a positive prior");
  }
  const found = white.m === Infinity ? populationPhase(white) : finitePhase(white);
  if (!Number.isFinite(found.rate) || !Number.isFinite(found.floor ?? 0)) {
    throw new EngineError("range", "sigma", "What a step does to the error is beyond the float64 range: rescale the spectra.");
  }
  return found;
}

/** Only the name, from the edges alone: what maps of phases colour by. */
export function phaseName(edges: Edges, d: number, m: number, noiseVar: number): PhaseName {
  const side = sideOfTwo(edges.upper);
  if (side > 0 || (m === d && noiseVar > 0)) return "overthinking";
  if (m < d || noiseVar > 0) return "saturating";
  return m === d || side === 0 ? "polynomial" : "exponential";
}

function finitePhase(white: Whitened): Phase {
  const { d, m, noiseVar } = white;
  const edges = edgesOf(white);
  const kind = phaseName(edges, d, m, noiseVar);
  const critical = sideOfTwo(edges.upper) === 0;
  const rate = critical ? 1 : Math.max(Math.abs(1 - edges.lower), Math.abs(1 - edges.upper)) ** 2;
  const floor = kind === "overthinking" ? null : floorOf(white);
  return { phase: kind, edges, rate, floor, critical, sentence: finiteSentence(kind, white, edges, rate, floor) };
}

function finiteSentence(kind: PhaseName, { d, m, noiseVar }: Whitened, edges: Edges, rate: number, floor: number | null): string {
  const top = `λ₊ = ${short(edges.upper)}`;
  switch (kind) {
    case "exponential":
      return `Thinking on improves a typical prompt: its error falls to 0 by a factor of ${short(rate)} a step in the end (λ₋ = ${short(edges.lower)}, ${top} < 2).`;
    case "polynomial":
      return m === d
        ? `Thinking on improves a typical prompt, but slowly: for d = m the error falls like 1/√k (${top}).`
        : "Thinking on improves a typical prompt, but slowly: λ₊ = 2 exactly, and the error falls like k^(−3/2).";
    case "saturating": {
      const cause = m < d ? "the prompt has fewer examples than there are skills (m < d)" : "label noise stays";
      return `Thinking saturates: a typical prompt's error tends to ${short(floor ?? 0)}, as ${cause}.`;
    }
    default:
      return edges.upper > 2
        ? `A typical prompt overthinks: ${top} > 2, and in the end every step multiplies its error by ${short(rate)}.`
        : `A typical prompt overthinks: for d = m with label noise (variance ${short(noiseVar)}) its error grows like √k.`;
  }
}

function populationPhase(white: Whitened): Phase {
  const { C, P, Q, count, d, factor } = white;
  const edges = edgesOf(white);
  const weight = C.map((_, i) => P[i] * Q[i] * count[i]);
  let rate = 0;
  let top = 0;
  let floor = 0;
  let rest = 0;
  for (let i = 0; i < C.length; i++) {
    if (!(weight[i] > 0)) continue;
    rate = Math.max(rate, factor[i] * factor[i]);
    top = Math.max(top, C[i]);
    if (sideOfTwo(C[i]) === 0) floor += weight[i];
    else rest = Math.max(rest, factor[i] * factor[i]);
  }
  const critical = floor > 0;
  if (sideOfTwo(top) > 0) {
    const sentence = `On long prompts thinking diverges: a skill has σ/γ = ${short(top)} > 2, and every step multiplies its error by ${short(rate)} in the end.`;
    return { phase: "overthinking", edges, rate, floor: null, critical, sentence };
  }
  if (critical) {
    const sentence = `On long prompts a skill with σ = 2γ keeps its error for ever: the error tends to ${short(floor)}.`;
    return { phase: "saturating", edges, rate: 1, floor, critical, sentence };
  }
  const skills = d === 1 ? "the only skill" : `all ${d} skills`;
  const sentence = `On long prompts ${skills} converge${d === 1 ? "s" : ""}: the error falls to 0 by a factor of ${short(rate)} a step in the end.`;
  return { phase: "exponential", edges, rate, floor: 0, critical, sentence };
}

function sideOfTwo(value: number): -1 | 0 | 1 {
  if (Math.abs(value - 2) <= 2 * CRITICAL) return 0;
  return value > 2 ? 1 : -1;
}

export interface SafeThinking {
  /** 1 + n/m ≥ λ₊ and the sharper n/(n + 1) + n/m ≥ λ₊ (SAF-01, SAF-04), for Σ = Λ only; null otherwise. */
  readonly bound: number | null;
  readonly sharpBound: number | null;
  /** Σ = Λ: no spectrum overthinks for m ≥ n (n + 1)/(n + 2) (SAF-04). */
  readonly enoughForEverySpectrum: number | null;
  /** The real m* with λ₊ ≤ 2 iff m ≥ m*, of this spectrum (SAF-06); Infinity if no prompt is long enough. */
  readonly threshold: number;
  readonly sentence: string;
}

/** n (n + 1)/(n + 2): from this m on no matched spectrum overthinks, λ₊ ≤ n/(n + 1) + n/m ≤ 2 (SAF-04). */
export function enoughForEverySpectrum(n: number): number {
  return (n * (n + 1)) / (n + 2);
}

/** How long a test prompt must be so that a typical one never overthinks; the problem's own m matters for the bounds only. */
export function safeThinking(problem: Problem): SafeThinking {
  const given = checked(problem);
  const { matched, n, m } = given;
  const threshold = safeThreshold(whitened(given));
  const ratio = m === Infinity ? 0 : n / m;
  const all = !matched || n === Infinity ? null : enoughForEverySpectrum(n);
  const least = Math.max(1, Math.ceil(threshold * (1 - 1e-12)));
  const sentence =
    threshold === Infinity
      ? "No test prompt is long enough: even for m = ∞ a skill has σ/γ ≥ 2."
      : `A typical prompt of at least ${least.toLocaleString("en")} examples never overthinks here` +
        (all === null ? "." : `; ${Math.ceil(all * (1 - 1e-15)).toLocaleString("en")} are enough for every matched spectrum.`);
  return {
    bound: matched && Number.isFinite(ratio) ? 1 + ratio : null,
    sharpBound: matched && Number.isFinite(ratio) ? 1 / (1 + 1 / n) + ratio : null,
    enoughForEverySpectrum: all,
    threshold,
    sentence,
  };
}

/** m* = min over c_max < α < 2 of (1/(2 − α)) Σ α cᵢ/(α − cᵢ); the function is log-convex, so its slope has one root. */
export function safeThreshold({ C, count }: Pick<Whitened, "C" | "count">): number {
  const top = C.reduce((a, b) => Math.max(a, b));
  if (top >= 2) return Infinity;
  const gaps = C.map((c) => top - c);
  const room = 2 - top;
  const at = (odds: number): { above: number; rest: number } => ({
    above: (room * odds) / (1 + odds), // α − c_max
    rest: room / (1 + odds), // 2 − α
  });
  const falling = (odds: number): number => {
    const { above, rest } = at(odds);
    let push = 0;
    let pull = 0;
    for (let i = 0; i < C.length; i++) {
      const apart = gaps[i] + above;
      push += count[i] * (C[i] / apart) ** 2 * rest;
      pull += (count[i] * (top + above) * C[i]) / apart;
    }
    return push - pull;
  };
  const { above, rest } = at(root(falling, 1e-30, 1e30));
  let sum = 0;
  for (let i = 0; i < C.length; i++) sum += (count[i] * (top + above) * C[i]) / (gaps[i] + above);
  return sum / rest;
}

/** A number for a sentence: four significant digits. */
export function short(x: number): string {
  if (x === 0) return "0";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  const text = size >= 1e6 || size < 1e-4 ? x.toExponential(2) : String(Number(x.toPrecision(4)));
  return text.replace("e+", "e").replace(/-/g, "−");
}
