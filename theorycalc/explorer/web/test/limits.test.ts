// Edges, phases, floors, safe prompt lengths, directions and the best number of steps.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  contributions,
  directions,
  expectedError,
  overthinking,
  phase,
  phaseDiagram,
  phaseName,
  safeThinking,
  shares,
  short,
  spectralEdges,
} from "../src/engine/index";
import { allClose, close, random, randomProblem } from "./help";

test("isotropic edges: c (1 ∓ √φ)²", () => {
  // Λ = I, d = 2, n = 6: c = 6/(6 + 1 + 2) = 2/3; m = 8: φ = 1/4
  const { lower, upper, atom } = spectralEdges({ lambda: [1, 1], n: 6, m: 8 });
  close(lower, 1 / 6, 1e-14);
  close(upper, 1.5, 1e-14);
  assert.equal(atom, 0);
  for (const [d, m] of [[3, 3], [9, 4], [1000, 999], [999, 1000], [2, 1e12], [50, 1]]) {
    const lambda = new Array<number>(d).fill(1);
    const c = 7 / (8 + d);
    const found = spectralEdges({ lambda, n: 7, m });
    const root = Math.sqrt(d / m);
    // (1 − √φ)² without cancellation
    close(found.lower, (c * ((m - d) / m) ** 2) / (1 + root) ** 2, 1e-12, `d=${d} m=${m}`);
    close(found.upper, c * (1 + root) ** 2, 1e-13);
    close(found.atom, Math.max(0, 1 - m / d), 1e-15);
  }
});

test("edges are extreme values of ψ: nothing on a fine grid is beyond them", () => {
  for (let seed = 0; seed < 30; seed++) {
    const problem = randomProblem(seed, 2 + (seed % 4));
    const { ratio } = directions(problem);
    const d = ratio.length;
    const psi = (alpha: number): number => ratio.reduce((sum, c) => sum + (alpha * c) / (alpha - c) / problem.m, alpha);
    const { lower, upper } = spectralEdges(problem);
    const [bottom, top] = [Math.min(...ratio), Math.max(...ratio)];
    const grid = Array.from({ length: 4000 }, (_, i) => (i + 1) / 4001);
    const above = Math.min(...grid.map((x) => psi(top / x)));
    close(above, upper, 1e-4, "upper");
    assert.ok(above >= upper * (1 - 1e-12));
    if (d === problem.m) assert.equal(lower, 0);
    else {
      const below = Math.max(...grid.map((x) => psi(d < problem.m ? bottom * x : (-top * x) / (1 - x))));
      close(below, lower, 2e-3, JSON.stringify(problem));
      assert.ok(below <= lower * (1 + 1e-12));
    }
  }
});

test("the four phases, and the critical lines between them", () => {
  const at = (m: number, n = 6, noiseVar = 0): string => phase({ lambda: [1, 1, 1, 1], n, m, noiseVar }).phase;
  assert.equal(at(16), "exponential");
  assert.equal(at(4, 3), "polynomial");
  assert.equal(at(3, 3), "saturating");
  assert.equal(at(1), "overthinking");
  assert.equal(at(16, 6, 0.5), "saturating");
  assert.equal(at(4, 3, 0.5), "overthinking");
  // C = c I with λ₊ = c (1 + √φ)² = 2 exactly: c = 1/2, φ = 1, as Λ = I has c = n/(n + 1 + d)
  const critical = phase({ lambda: [1, 1], n: 3, m: 2 });
  assert.deepEqual([critical.phase, critical.critical, critical.rate], ["polynomial", true, 1]);
  assert.equal(phaseName({ lower: 0.1, upper: 2, atom: 0 }, 4, 8, 0), "polynomial");
});

test("the phase for m = ∞ is that of the directions with error in them", () => {
  const shifted = { lambda: [1, 0.1], sigma: [1, 1], n: 4, m: Infinity };
  assert.equal(phase(shifted).phase, "overthinking");
  close(phase(shifted).rate, 2.25, 1e-14);
  const untouched = phase({ ...shifted, prior: [1, 0] });
  assert.equal(untouched.phase, "exponential");
  close(untouched.rate, (21 / 61) ** 2, 1e-14);
  // σ = 2γ: Λ = 1, n = 1 has γ = 3
  const kept = phase({ lambda: [1], sigma: [6], n: 1, m: Infinity });
  assert.deepEqual([kept.phase, kept.floor, kept.critical], ["saturating", 1, true]);
  for (const m of [Infinity, 5]) assert.throws(() => phase({ lambda: [1], prior: [0], n: 1, m }), /no error to think about/);
});

test("floors are where long chains end", () => {
  for (const [problem, steps] of [
    [{ lambda: [1, 0.5, 0.25, 0.125], n: 2, m: 2 }, 500],
    [{ lambda: [1, 0.5, 0.25, 0.125], prior: [1, 2, 0, 1], n: 2, m: 2, noiseVar: 0.5, metric: "prediction" as const }, 500],
    [{ lambda: [2, 1], n: 4, m: 9, noiseVar: 0.75 }, 300],
    [{ lambda: [1, 1, 1], sigma: [1, 0.5, 0.5], n: 5, m: 30, noiseVar: 2 }, 300],
  ] as const) {
    const { floor, phase: name } = phase(problem);
    assert.equal(name, "saturating");
    close(floor!, expectedError({ problem, steps, rung: "proportional" }).values[steps], 1e-5, JSON.stringify(problem));
  }
});

test("the rate is that of long chains", () => {
  const problem = { lambda: [1, 0.8, 0.6], n: 9, m: 12 };
  const { rate } = phase(problem);
  const { values } = expectedError({ problem, steps: 500, rung: "proportional" });
  // E_k ~ rateᵏ k^{−3/2}
  const k = 499;
  close((values[k + 1] / values[k]) * ((k + 1) / k) ** 1.5, rate, 1e-4);
});

test("safe-thinking bounds hold, the sharp one is met, and its threshold is where λ₊ = 2", () => {
  const next = random(5);
  for (let seed = 0; seed < 60; seed++) {
    const lambda = Array.from({ length: 1 + Math.floor(8 * next()) }, () => 10 ** (2 * next() - 1));
    const problem = { lambda, n: 1 + Math.floor(20 * next()), m: 1 + Math.floor(20 * next()) };
    const { upper } = spectralEdges(problem);
    const { bound, sharpBound, threshold, enoughForEverySpectrum } = safeThinking(problem);
    assert.ok(upper <= sharpBound! * (1 + 1e-13) && sharpBound! < bound!);
    assert.equal(upper <= 2, problem.m >= threshold, JSON.stringify(problem));
    assert.ok(threshold <= enoughForEverySpectrum! * (1 + 1e-12));
  }
  // (tr Λ)²/tr Λ² = (n + 1)²/m: four equal skills, n = 3, m = 4
  const tight = { lambda: [1, 1, 1, 1], n: 3, m: 4 };
  close(spectralEdges(tight).upper, safeThinking(tight).sharpBound!, 1e-14);
  // SAF-05: n (n + 1)/(n + 2) is attained, here by six equal skills at n = 1
  const worst = safeThinking({ lambda: [1, 1, 1, 1, 1, 1], n: 1, m: 1 });
  close(worst.enoughForEverySpectrum!, 2 / 3, 1e-15);
  close(worst.threshold, 2 / 3, 1e-13);
  // C = c I: m* = d/(√(2/c) − 1)²
  close(safeThinking({ lambda: [1, 1], n: 3, m: 1 }).threshold, 2, 1e-13);
  assert.equal(safeThinking({ lambda: [1], sigma: [9], n: 2, m: 5 }).threshold, Infinity);
  assert.equal(safeThinking({ lambda: [1], sigma: [2], n: 2, m: 5 }).bound, null);
});

test("directions: Λ = (1, 1/10), Σ = I, n = 4 by hand", () => {
  const found = directions({ lambda: [1, 0.1], sigma: [1, 1], n: 4, m: Infinity });
  allClose(found.ratio, [40 / 61, 2.5], 1e-14);
  allClose(found.factor, [21 / 61, -1.5], 1e-14);
  assert.deepEqual(found.fate, ["converging", "overthinking"]);
  const rows = contributions(found, 2);
  allClose(rows[2], [(21 / 61) ** 4, 1.5 ** 4], 1e-13);
  const parts = shares(found, 2);
  close(parts[0] / parts[1], rows[2][0] / rows[2][1], 1e-12);
  close(parts[0] + parts[1], 1, 1e-15);
  assert.match(found.sentence, /1 skill overthinks/);
  const fates = directions({ lambda: [1, 1, 1, 1], sigma: [1, 3, 4.5, 5], n: 4, m: Infinity }).fate;
  assert.deepEqual(fates, ["converging", "oscillating", "critical", "overthinking"]); // γ = 9/4
  const still = shares(directions({ lambda: [1], prior: [0], n: 1, m: 1 }), 3);
  assert.deepEqual([...still], [0]);
});

test("contributions add up to the population error", () => {
  for (let seed = 0; seed < 10; seed++) {
    const problem = randomProblem(seed, 5);
    const rows = contributions(directions(problem), 6);
    const curve = expectedError({ problem, steps: 6, rung: "population" });
    allClose(
      rows.map((row) => row.reduce((a, b) => a + b)),
      curve.values,
      1e-12,
    );
  }
});

test("k* of the population law: the first least step, also far away", () => {
  // γ = 5/4 + 1/2: E_k = 0.9^{2k} + 1e-6 · 1.1^{2k}
  const problem = { lambda: [1, 1], sigma: [0.1 * 1.75, 2.1 * 1.75], prior: [1, 1e-6], n: 4, m: Infinity };
  const found = overthinking(problem);
  assert.equal(found.overthinks, true);
  close(found.threshold, 2.1, 1e-13);
  const { values } = expectedError({ problem, steps: 200, rung: "population" });
  assert.equal(found.kStar, values.indexOf(Math.min(...values)));
  close(found.least, Math.min(...values), 1e-10);
  assert.equal(overthinking({ lambda: [1], n: 3, m: 1 }).kStar, Infinity);
  assert.equal(overthinking({ lambda: [1], n: Infinity, m: 1 }).kStar, 1);
  assert.equal(overthinking({ lambda: [1], sigma: [9], n: 1, m: 1 }).kStar, 0);
});

test("numbers in sentences", () => {
  assert.deepEqual([0, 0.5, 1234.5678, 1.5e-9, -2, 3e7, Infinity].map(short), ["0", "0.5", "1235", "1.50e−9", "−2", "3.00e7", "∞"]);
});

test("a map of λ₊ has the edges of its cells, and its boundary is where they are 2", () => {
  for (let seed = 0; seed < 6; seed++) {
    const problem = randomProblem(seed, 4);
    const [lengths, examples] = [
      [1, 3, 10, 40],
      [1, 2, 5, 20, 90],
    ];
    const search = phaseDiagram(problem, lengths, examples);
    let turn = search.next();
    let slices = 0;
    for (; !turn.done; turn = search.next()) slices++;
    assert.equal(slices, lengths.length);
    lengths.forEach((n, j) =>
      examples.forEach((m, i) => {
        const { upper } = spectralEdges({ ...problem, n, m });
        close(turn.value.upper[j][i], upper, 1e-6);
        if (Math.abs(upper - 2) > 1e-6) assert.equal(upper < 2, m > turn.value.boundary[j]);
      }),
    );
  }
});
