// Task selection: minimise f(π) = ‖I − Σ⁻¹ Σ_ℓ π_ℓ Λ_ℓ‖_F² over probabilities π (theory section 10), for spectra.
// As Σ π_ℓ = 1, it is the squared norm of a point in the convex hull of p_ℓ = 1 − λ_ℓ/σ.

import { EngineError, refused } from "./errors";
import { gammaSpectrum } from "./gamma";
import { combination, dot, leastSquares, nearestPoint } from "./nearest_point";
import { short } from "./phase";
import { spectrum } from "./problem";
import type { Problem } from "./types";

export const MOST_TASKS = 12;
/** Slopes this close (relative to the largest squared norm) count as equal when ties are looked for. */
const TIE = 1e-10;

export interface SelectionProblem {
  /** Target spectrum. */
  readonly sigma: ArrayLike<number>;
  /** One spectrum for each training task. */
  readonly tasks: readonly ArrayLike<number>[];
}

export interface Objective {
  /** f(π) = ‖I − Σ⁻¹Λ̄‖_F². */
  readonly value: number;
  /** ∂f/∂π_ℓ = −2 ⟨Σ⁻¹Λ_ℓ, I − Σ⁻¹Λ̄⟩. */
  readonly slopes: Float64Array;
  /** πᵀg − min g ≥ 0: f(π) is above the minimum by no more than this. */
  readonly gap: number;
  /** 1 − λ̄ᵢ/σᵢ of each skill. */
  readonly mismatch: Float64Array;
  /** Whether f ≤ 1/4, which rules overthinking out on long test prompts for every n (SEL-06). */
  readonly safe: boolean;
}

export interface Selection {
  /** The optimal weights; of several optima those of the smallest norm. */
  readonly weights: Float64Array;
  readonly value: number;
  readonly gap: number;
  /** The tasks that get probability. */
  readonly support: readonly number[];
  /** Whether no other weights are optimal, decided to a relative 1e-10. */
  readonly isUnique: boolean;
  readonly sentence: string;
}

interface Read {
  readonly sigma: Float64Array;
  readonly tasks: Float64Array[];
  readonly ratios: Float64Array[];
}

function read({ sigma, tasks }: SelectionProblem): Read {
  const target = spectrum("sigma", sigma);
  if (!Array.isArray(tasks) || tasks.length < 1 || tasks.length > MOST_TASKS) {
    throw refused("tasks", tasks?.length ?? tasks, "not a number of tasks", `give 1 to ${MOST_TASKS} spectra`);
  }
  const spectra = tasks.map((task, ell) => spectrum(`tasks[${ell}]`, task, target.length));
  const ratios = spectra.map((task) => task.map((value, i) => value / target[i]));
  if (ratios.some((ratio) => ratio.some((x) => x > 1e70))) {
    throw new EngineError("range", "tasks", "λ/σ of a task leaves the range of this page: rescale the spectra");
  }
  return { sigma: target, tasks: spectra, ratios };
}

function readWeights(weights: ArrayLike<number>, tasks: number): Float64Array {
  const found = Float64Array.from(weights);
  const sum = found.reduce((a, b) => a + b, 0);
  if (found.length !== tasks || found.some((w) => !(w >= 0)) || Math.abs(sum - 1) > 1e-9) {
    throw refused("weights", `[${Array.from(found).join(", ")}]`, `not ${tasks} probabilities`, "make them ≥ 0 with sum 1");
  }
  return found.map((w) => w / sum);
}

/** Λ̄ = Σ_ℓ π_ℓ Λ_ℓ: pooled tasks train like one task of this spectrum. */
export function pooledSpectrum(problem: SelectionProblem, weights: ArrayLike<number>): Float64Array {
  const { tasks } = read(problem);
  return combination(tasks, readWeights(weights, tasks.length));
}

/** The problem of training on the pooled tasks and testing on Σ: what the k-step error of given weights is asked of. */
export function pooledProblem(
  problem: SelectionProblem,
  weights: ArrayLike<number>,
  rest: Omit<Problem, "lambda" | "sigma">,
): Problem {
  return { ...rest, lambda: pooledSpectrum(problem, weights), sigma: problem.sigma };
}

export function selectionObjective(problem: SelectionProblem, weights: ArrayLike<number>): Objective {
  const { ratios } = read(problem);
  return objectiveAt(ratios, readWeights(weights, ratios.length));
}

function objectiveAt(ratios: readonly Float64Array[], weights: Float64Array): Objective {
  const mismatch = combination(
    ratios.map((ratio) => ratio.map((x) => 1 - x)),
    weights,
  );
  const slopes = Float64Array.from(ratios, (ratio) => -2 * dot(ratio, mismatch));
  const least = slopes.reduce((a, b) => Math.min(a, b));
  let gap = 0;
  slopes.forEach((g, ell) => (gap += weights[ell] * (g - least)));
  const value = dot(mismatch, mismatch);
  return { value, slopes, gap, mismatch, safe: value <= 0.25 };
}

/** The optimal weights, certified by their duality gap. */
export function solveSelection(problem: SelectionProblem): Selection {
  const { ratios } = read(problem);
  const points = ratios.map((ratio) => ratio.map((x) => 1 - x));
  const { point, weights: first } = nearestPoint(points);
  const vertices = optimalVertices(points, point, first);
  const isUnique = vertices.length === 1;
  const weights = isUnique ? first : combination(vertices, nearestPoint(vertices).weights);
  const sum = weights.reduce((a, b) => a + b, 0);
  for (let ell = 0; ell < weights.length; ell++) weights[ell] /= sum;
  const { value, gap } = objectiveAt(ratios, weights);
  const support = Array.from(weights.keys()).filter((ell) => weights[ell] > 0);
  return { weights, value, gap, support, isUnique, sentence: sentence(weights, value, isUnique) };
}

/** The tasks as training of length n leaves them: Γ_ℓ = (1 + 1/n) Λ_ℓ + (tr Λ_ℓ/n) I, of which Γ is the mixture. */
export function trainedTasks(problem: SelectionProblem, n: number): SelectionProblem {
  const { tasks } = read(problem);
  const trained = tasks.map((lambda) => gammaSpectrum({ lambda, n, m: Infinity }).gamma);
  return { sigma: problem.sigma, tasks: trained };
}

/**
 * The weights that minimise e² = ‖I − Σ⁻¹Γ‖_F² on what training leaves, the objective corrected for prompts of finite
 * length: E_k ≤ (e/(1 − e))^{2k} on endless test prompts for e < 1, every k (SEL-09; prior 1, estimation).
 */
export function correctedSelection(problem: SelectionProblem, n: number): Selection {
  return solveSelection(trainedTasks(problem, n));
}

/** The vertices of the set of optimal weights: each rests on tasks with affinely independent points. */
function optimalVertices(points: readonly Float64Array[], best: Float64Array, first: Float64Array): Float64Array[] {
  const scale = points.reduce((a, p) => Math.max(a, dot(p, p)), 0);
  const norm = dot(best, best);
  const face = Array.from(points.keys()).filter((ell) => dot(best, points[ell]) - norm <= TIE * scale);
  const homogeneous = (p: Float64Array): Float64Array => Float64Array.of(...p.map((x) => x / Math.sqrt(scale || 1)), 1);
  const columns = face.map((ell) => homogeneous(points[ell]));
  const right = homogeneous(best);
  if (leastSquares(columns, right).rank === face.length) return [first];
  const vertices: Float64Array[] = [];
  for (let mask = 1; mask < 2 ** face.length; mask++) {
    const members = face.filter((_, i) => mask & (1 << i));
    const chosen = columns.filter((_, i) => mask & (1 << i));
    const { solution, rank } = leastSquares(chosen, right);
    if (rank < chosen.length || solution.some((alpha) => alpha <= TIE)) continue;
    const rest = combination(chosen, solution).map((x, i) => x - right[i]);
    if (Math.sqrt(dot(rest, rest)) > TIE) continue;
    const weights = new Float64Array(points.length);
    members.forEach((ell, i) => (weights[ell] = solution[i]));
    vertices.push(weights);
  }
  return vertices.length > 0 ? vertices : [first];
}

function sentence(weights: Float64Array, value: number, isUnique: boolean): string {
  const used = Array.from(weights.keys()).filter((ell) => weights[ell] >= 5e-4);
  const parts = used.map((ell) => `${Math.round(1000 * weights[ell]) / 10}% to task ${ell + 1}`);
  const listed = parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}` : parts[0];
  const ties = isUnique ? "" : " (other weights do as well; these are the smallest)";
  return `The surrogate objective is least, at ${short(value)}, with ${listed}${ties}.`;
}

/** The probabilities nearest to any numbers, in the Euclidean distance. */
export function projectToSimplex(numbers: ArrayLike<number>): Float64Array {
  const given = Float64Array.from(numbers, (x) => (Number.isFinite(x) ? x : 0));
  const sorted = Array.from(given).sort((x, y) => y - x);
  let sum = 0;
  let shift = 0;
  sorted.forEach((x, i) => {
    sum += x;
    const candidate = (sum - 1) / (i + 1);
    if (x > candidate) shift = candidate;
  });
  const found = given.map((x) => Math.max(0, x - shift));
  const total = found.reduce((a, b) => a + b, 0);
  return found.map((x) => x / total);
}

/** The weights with one of them set, and the others scaled to keep the sum at 1 (equal shares if they were all 0). */
export function withWeight(weights: ArrayLike<number>, ell: number, value: number): Float64Array {
  const next = Float64Array.from(weights);
  if (next.length === 1) return Float64Array.of(1);
  const chosen = Math.min(1, Math.max(0, value));
  const others = next.reduce((sum, w, i) => (i === ell ? sum : sum + w), 0);
  return next.map((w, i) => {
    if (i === ell) return chosen;
    return others > 0 ? (w / others) * (1 - chosen) : (1 - chosen) / (next.length - 1);
  });
}
