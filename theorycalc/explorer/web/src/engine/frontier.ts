// The least training length n with E_k(n) ≤ ε, for each of several k (theory section 8): the iso-error frontier.
//
// Population rung: for n in [a, b] every factor 1 − σᵢ/γᵢ(n) lies between its values at the ends, so
//   Σᵢ pᵢqᵢ min |1 − σᵢ/γᵢ|^{2k}  (0 where the sign changes)
// is a lower bound of E_k on the whole interval.  Intervals whose bound exceeds ε are excluded, others are halved, shortest
// n first: the n found is the least, and where none exists that is proved, up to rounding.
//
// Other rungs: E_k(n) need not fall in n (TRD-05, TRD-06).  A grid of lengths is looked at, then the gap before the first
// that reaches ε is halved.  What comes out reaches ε while n − 1 does not; shorter ones off the grid are not excluded, and
// the answer says so.

import { exactValues } from "./exact";
import { EngineError, refused } from "./errors";
import { MOST_STEPS } from "./curves";
import { short } from "./phase";
import { populationAt } from "./population";
import { checked, checkedSteps, gammaAt, whitened, type Checked } from "./problem";
import { proportionalValues } from "./proportional";
import type { Problem, Rung } from "./types";

export const LONGEST = 1e12;
const LONGEST_ON_GRID = 1e6;
const GRID = 37; // lengths from 1 to 10⁶: six to a decade
const MOST_INTERVALS = 20_000;

export interface FrontierQuestion {
  /** Its n does not matter. */
  readonly problem: Problem;
  /** The target ε > 0. */
  readonly error: number;
  readonly steps: readonly number[];
  readonly rung: Exclude<Rung, "one-step">;
  /** Test prompts as long as training prompts, m = n; the problem's m is then ignored. */
  readonly tieM?: boolean;
}

export interface FrontierPoint {
  readonly steps: number;
  /** The least n found; null if none. */
  readonly n: number | null;
  /** E_k at n, or the least E_k seen where n is null; Infinity if all that was seen is beyond float64. */
  readonly value: number;
  /** Whether every shorter n is excluded (n null: every n up to the longest looked at). */
  readonly everywhere: boolean;
}

export interface Frontier {
  readonly rung: FrontierQuestion["rung"];
  readonly error: number;
  readonly points: readonly FrontierPoint[];
  /** What was looked at, in a sentence. */
  readonly searched: string;
  readonly sentence: string;
  /** How many error curves were computed. */
  readonly evaluations: number;
}

/** The frontier, at once. */
export function frontier(question: FrontierQuestion): Frontier {
  const search = frontierSearch(question);
  for (;;) {
    const { done, value } = search.next();
    if (done) return value;
  }
}

/** The frontier in slices: each `next()` computes about one error curve, and yields the share of the work that is done. */
export function* frontierSearch(question: FrontierQuestion): Generator<number, Frontier> {
  const { error, rung, steps, tieM = false } = question;
  const given = checked({ ...question.problem, n: 1 });
  if (!(error > 0 && error <= 1e100)) throw refused("error", error, "not a target", "use a number from above 0 to 1e100");
  if (steps.length === 0) throw refused("steps", "[]", "no steps", "ask for at least one k");
  if (MOST_STEPS[rung] === undefined) throw refused("rung", rung, "unknown", "use population, exact or proportional");
  const law = rung === "population" || (given.m === Infinity && !tieM); // at m = ∞ every rung is that law, at its length
  const most = MOST_STEPS[law ? "population" : rung];
  const counts = steps.map((k) => checkedSteps(k, most));
  if (law) return yield* populationFrontier(given, error, counts, rung);
  return yield* gridFrontier(given, error, counts, rung, tieM);
}

// -------------------------------------------------------------------------------------------------- population

function* populationFrontier(
  given: Checked,
  error: number,
  steps: readonly number[],
  rung: FrontierQuestion["rung"],
): Generator<number, Frontier> {
  const points: FrontierPoint[] = [];
  let evaluations = 0;
  for (const [index, k] of steps.entries()) {
    let least = Infinity;
    const at = (n: number): number => {
      evaluations++;
      const value = populationAt(whitened(given, n), k);
      least = Math.min(least, value);
      return value;
    };
    const bound = intervalBound(given, k);
    const open: [number, number][] = [[1, LONGEST]];
    let found: number | null = null;
    let everywhere = true;
    let intervals = 0;
    let value = Infinity;
    while (open.length > 0 && found === null) {
      const [a, b] = open.pop() as [number, number];
      if (++intervals % 64 === 0) yield index / steps.length;
      if (bound(a, b) > error) continue;
      const here = at(a);
      if (here <= error) {
        [found, value] = [a, here];
      } else if (b > a) {
        if (intervals > MOST_INTERVALS) {
          everywhere = false;
          break;
        }
        // a itself is done; the rest in two, the shorter lengths on top
        const middle = Math.min(b, Math.max(a + 1, Math.floor(Math.sqrt(a) * Math.sqrt(b))));
        const rest: [number, number][] = middle < b ? [[middle + 1, b], [a + 1, middle]] : [[a + 1, b]];
        open.push(...rest);
      }
    }
    if (found === null) at(LONGEST);
    points.push({ steps: k, n: found, value: found === null ? least : value, everywhere });
    yield (index + 1) / steps.length;
  }
  const proved = points.every((point) => point.everywhere);
  const searched = proved
    ? `Every n up to ${short(LONGEST)} was examined by bounds on whole intervals.`
    : "Some intervals of n were given up: a shorter n cannot be excluded there.";
  return { rung, error, points, searched, sentence: sentence(points, error, rung), evaluations };
}

/** A lower bound of E_k over all real n in [a, b]. */
function intervalBound(given: Checked, k: number): (a: number, b: number) => number {
  const weight = given.prior.map((q, i) => (given.metric === "prediction" ? q * given.sigma[i] : q));
  return (a, b) => {
    const left = gammaAt(given, a).factor;
    const right = gammaAt(given, b).factor;
    let sum = 0;
    for (let i = 0; i < given.d; i++) {
      const [x, y] = [left[i], right[i]];
      if (weight[i] === 0 || (k > 0 && x > 0 !== y > 0)) continue;
      sum += weight[i] * Math.pow(Math.min(Math.abs(x), Math.abs(y)), 2 * k);
    }
    return sum * (1 - 1e-13 * (k + 10)); // rounding of the sum must not exclude anything
  };
}

// ------------------------------------------------------------------------------------------------ other rungs

function* gridFrontier(
  given: Checked,
  error: number,
  steps: readonly number[],
  rung: FrontierQuestion["rung"],
  tieM: boolean,
): Generator<number, Frontier> {
  const longest = Math.max(...steps);
  const known = new Map<number, Float64Array>();
  let evaluations = 0;
  let total = GRID + 10 * steps.length;
  const curve = (n: number): Float64Array => {
    const seen = known.get(n);
    if (seen) return seen;
    evaluations++;
    const white = whitened(tieM ? { ...given, m: n } : given, n);
    const { values } = rung === "exact" ? exactValues(white, longest, false) : proportionalValues(white, longest, false);
    // what float64 cannot hold is above every target
    const usable = values.map((value) => (Number.isFinite(value) && value >= 0 ? value : Infinity));
    known.set(n, usable);
    return usable;
  };
  const lengths = grid();
  for (const n of lengths) {
    curve(n);
    yield evaluations / total;
  }
  const points: FrontierPoint[] = [];
  for (const k of steps) {
    const reaches = (n: number): boolean => curve(n)[k] <= error;
    const first = lengths.findIndex(reaches);
    let high: number | null = first < 0 ? null : lengths[first];
    let low = first > 0 ? lengths[first - 1] : 0;
    if (high === null) {
      // look closer around the least value on the grid, where a dip below ε may hide
      const best = lengths.reduce((a, n, i) => (curve(n)[k] < curve(lengths[a])[k] ? i : a), 0);
      let [a, b] = [lengths[Math.max(0, best - 1)], lengths[Math.min(lengths.length - 1, best + 1)]];
      low = a;
      while (b - a > 2 && high === null) {
        const [x, y] = [Math.floor(a + (b - a) / 3), Math.ceil(b - (b - a) / 3)];
        if (reaches(x)) high = x;
        else if (reaches(y)) high = y;
        else if (curve(x)[k] <= curve(y)[k]) b = y;
        else a = x;
        yield Math.min(0.99, evaluations / total);
      }
    }
    if (high !== null) {
      while (high - low > 1) {
        const middle: number = low + Math.floor((high - low) / 2);
        if (reaches(middle)) high = middle;
        else low = middle;
        yield Math.min(0.99, evaluations / total);
      }
    }
    let value = Infinity;
    if (high === null) for (const values of known.values()) value = Math.min(value, values[k]);
    else value = curve(high)[k];
    points.push({ steps: k, n: high, value, everywhere: high === 1 });
    total = Math.max(total, evaluations + 1);
  }
  if (points.every((point) => point.n === null && point.value === Infinity)) {
    throw new EngineError("range", "problem", "Every error that was looked at is beyond float64: rescale the problem.");
  }
  const searched =
    `${lengths.length} training lengths from 1 to ${short(LONGEST_ON_GRID)} were looked at, and the gap before the first ` +
    "that reaches the target was halved: n − 1 does not reach it, shorter n between grid points are not excluded.";
  return { rung, error, points, searched, sentence: sentence(points, error, rung), evaluations };
}

function grid(): number[] {
  const all = Array.from({ length: GRID }, (_, i) => Math.round(LONGEST_ON_GRID ** (i / (GRID - 1))));
  return all.filter((n, i) => i === 0 || n > all[i - 1]);
}

function sentence(points: readonly FrontierPoint[], error: number, rung: string): string {
  const reached = points.filter((point) => point.n !== null);
  const goal = `an error of ${short(error)} on rung ${rung}`;
  if (reached.length === 0) return `No training length that was looked at reaches ${goal} with the steps asked for.`;
  const least = reached.reduce((a, b) => ((b.n as number) < (a.n as number) ? b : a));
  const words = (point: FrontierPoint): string =>
    `${(point.n as number).toLocaleString("en")} with ${point.steps} ${point.steps === 1 ? "step" : "steps"}`;
  const one = reached[0];
  const missing = points.length - reached.length;
  const tail = missing === 0 ? "" : `; with ${missing} of the ${points.length} step counts no length was found`;
  if (one === least) return `The shortest training prompts that reach ${goal} have n = ${words(least)}${tail}.`;
  return `To reach ${goal}, training prompts need n = ${words(one)}, and only n = ${words(least)}${tail}.`;
}

/** n of Corollary 3.5, (1 + Hard)((d/ε)^{1/(2k)} − 1): enough on the population rung for Σ = Λ and prior 1. */
export function closedFormContext(hardness: number, d: number, error: number, k: number): number {
  if (error >= d) return 0;
  return k === 0 ? Infinity : (1 + hardness) * Math.expm1(Math.log(d / error) / (2 * k));
}
