/* Built by `npm run build` in theorycalc/explorer/web from the TypeScript there.  Change those, not this file. */
"use strict";
(() => {
  var __defProp = Object.defineProperty;
  var __export = (target, all) => {
    for (var name in all)
      __defProp(target, name, { get: all[name], enumerable: true });
  };

  // src/engine/index.ts
  var engine_exports = {};
  __export(engine_exports, {
    EngineError: () => EngineError,
    MOST_STEPS: () => MOST_STEPS,
    MOST_TASKS: () => MOST_TASKS,
    RUNGS: () => RUNGS,
    TOLERANCE: () => TOLERANCE,
    closedFormContext: () => closedFormContext,
    contributions: () => contributions,
    correctedSelection: () => correctedSelection,
    directions: () => directions,
    disagreement: () => disagreement,
    enoughForEverySpectrum: () => enoughForEverySpectrum,
    expectedError: () => expectedError,
    frontier: () => frontier,
    frontierSearch: () => frontierSearch,
    gammaSpectrum: () => gammaSpectrum,
    ladder: () => ladder,
    overthinking: () => overthinking,
    phase: () => phase,
    phaseDiagram: () => phaseDiagram,
    phaseName: () => phaseName,
    planFor: () => planFor,
    pooledProblem: () => pooledProblem,
    pooledSpectrum: () => pooledSpectrum,
    projectToSimplex: () => projectToSimplex,
    safeThinking: () => safeThinking,
    selectionObjective: () => selectionObjective,
    selfcheck: () => selfcheck,
    shares: () => shares,
    short: () => short,
    solveSelection: () => solveSelection,
    spectralEdges: () => spectralEdges,
    taskHardness: () => taskHardness,
    trainedTasks: () => trainedTasks,
    withWeight: () => withWeight
  });

  // src/engine/plan.ts
  var Multisets = class {
    constructor() {
      this.members = [[]];
      this.numberOf = /* @__PURE__ */ new Map([["", 0]]);
      this.more = [[]];
      this.parts = [];
    }
    joined(traces2, power) {
      var _a;
      return (_a = this.more[traces2])[power] ?? (_a[power] = this.find([...this.members[traces2], power].sort((x, y) => y - x)));
    }
    /** The different powers, largest first. */
    partsOf(traces2) {
      var _a;
      return (_a = this.parts)[traces2] ?? (_a[traces2] = this.split(this.members[traces2]));
    }
    split(all) {
      const found = [];
      all.forEach((power, at) => {
        if (at > 0 && all[at - 1] === power) return;
        const without = this.find([...all.slice(0, at), ...all.slice(at + 1)]);
        found.push({ power, times: all.filter((other) => other === power).length, without });
      });
      return found;
    }
    find(members) {
      const key = members.join();
      const known = this.numberOf.get(key);
      if (known !== void 0) return known;
      const made = this.members.push(members) - 1;
      this.more.push([]);
      this.numberOf.set(key, made);
      return made;
    }
  };
  var plans = /* @__PURE__ */ new Map();
  function planFor(steps2) {
    const known = plans.get(steps2);
    if (known) return known;
    const made = new Compiler().plan(steps2);
    plans.set(steps2, made);
    return made;
  }
  var Compiler = class {
    constructor() {
      this.multisets = new Multisets();
      this.rowOf = /* @__PURE__ */ new Map();
      this.kind = [];
      this.source = [];
      this.pairs = [];
    }
    plan(steps2) {
      const sandwich = Int32Array.from({ length: steps2 + 1 }, (_, k) => this.M(0, k, k));
      const power = Int32Array.from({ length: Math.max(1, 2 * steps2) }, (_, r) => this.B(0, r));
      const all = this.pairs.flat();
      const start2 = new Int32Array(this.pairs.length + 1);
      this.pairs.forEach((terms, row) => start2[row + 1] = start2[row] + terms.length);
      return {
        steps: steps2,
        rows: this.kind.length,
        kind: Uint8Array.from(this.kind),
        source: Int32Array.from(this.source),
        start: start2,
        left: Int32Array.from(all, (pair) => pair.left),
        right: Int32Array.from(all, (pair) => pair.right),
        weight: Float64Array.from(all, (pair) => pair.weight),
        byDimension: Uint8Array.from(all, (pair) => Number(pair.byDimension)),
        sandwich,
        power
      };
    }
    /** `family` is 0 for B, 1 for M, 2 for L; the powers are below 64. */
    row(family, traces2, first, second, make) {
      const key = ((traces2 * 3 + family) * 64 + first) * 64 + second;
      const known = this.rowOf.get(key);
      if (known !== void 0) return known;
      const { kind, source, pairs } = make();
      const row = this.kind.push(kind) - 1;
      this.source.push(source);
      this.pairs.push(pairs ?? []);
      this.rowOf.set(key, row);
      return row;
    }
    B(traces2, r) {
      return this.row(0, traces2, 0, r, () => {
        if (r > 0) {
          const pairs = this.repeats(r, (index) => this.B(traces2, index));
          pairs.push(...this.splits(traces2, r, (more, index) => this.B(more, index)));
          pairs.push(...this.merges(traces2, r, (fewer, index) => this.B(fewer, index)));
          return { kind: 4 /* Step */, source: this.B(traces2, r - 1), pairs };
        }
        if (traces2 === 0) return { kind: 0 /* One */, source: 0 };
        const { power, without } = this.multisets.partsOf(traces2)[0];
        return { kind: 1 /* TraceB */, source: this.B(without, power) };
      });
    }
    M(traces2, first, second) {
      const a = Math.min(first, second) || Math.max(first, second);
      const b = first + second - a;
      return this.row(1, traces2, a, b, () => {
        if (a === 0) return { kind: 2 /* TimesQ */, source: this.B(traces2, 0) };
        const pairs = this.repeats(a, (index) => this.M(traces2, index, b));
        pairs.push(...this.splits(traces2, a, (more, index) => this.M(more, index, b)));
        pairs.push(...this.merges(traces2, a, (fewer, index) => this.M(fewer, index, b)));
        for (let j = 0; j < b; j++) {
          pairs.push(this.pair(this.M(traces2, j, a + b - 2 - j), this.M(traces2, j, a + b - 1 - j)));
          pairs.push(this.pair(this.L(traces2, a - 1 + j, b - 1 - j), this.L(traces2, a + j, b - 1 - j)));
        }
        return { kind: 4 /* Step */, source: this.M(traces2, a - 1, b), pairs };
      });
    }
    L(traces2, q, r) {
      return this.row(2, traces2, q, r, () => {
        if (r === 0) return { kind: 3 /* TraceQB */, source: this.B(traces2, q) };
        const pairs = this.repeats(r, (index) => this.L(traces2, q, index));
        pairs.push(...this.splits(traces2, r, (more, index) => this.L(more, q, index)));
        pairs.push(...this.merges(traces2, r, (fewer, index) => this.L(fewer, q, index)));
        for (let j = 0; j < q; j++) {
          pairs.push(this.pair(this.M(traces2, q - 1 - j, j + r - 1), this.M(traces2, q - 1 - j, j + r), 2));
        }
        return { kind: 4 /* Step */, source: this.L(traces2, q, r - 1), pairs };
      });
    }
    pair(left, right, weight = 1, byDimension = false) {
      return { left, right, weight, byDimension };
    }
    /** (r − 1) [X(r − 2) − X(r − 1)]. */
    repeats(r, state) {
      return r > 1 ? [this.pair(state(r - 2), state(r - 1), r - 1)] : [];
    }
    /** Σ_{j=0}^{r−2} [X(κ ∪ {j}; r−2−j) − X(κ ∪ {j+1}; r−2−j)], with tr R⁰ = d. */
    splits(traces2, r, state) {
      const found = [];
      for (let j = 0; j <= r - 2; j++) {
        const left = state(j === 0 ? traces2 : this.multisets.joined(traces2, j), r - 2 - j);
        found.push(this.pair(left, state(this.multisets.joined(traces2, j + 1), r - 2 - j), 1, j === 0));
      }
      return found;
    }
    /** Σ_{i∈κ} 2i [X(κ∖i; i + r − 2) − X(κ∖i; i + r − 1)], equal i taken together. */
    merges(traces2, r, state) {
      return this.multisets.partsOf(traces2).map(({ power, times, without }) => this.pair(state(without, power + r - 2), state(without, power + r - 1), 2 * power * times));
    }
  };

  // src/engine/exact.ts
  var JITTER = 2 ** -40;
  var UNIT_PER_JITTER = 2 ** -53 / JITTER;
  var SAFETY = 8;
  function exactValues(problem, steps2, estimate = true) {
    const plan = planFor(steps2);
    const values = curve(plan, problem, states(plan, problem, 0));
    if (!estimate) return { values, relativeError: new Float64Array(steps2 + 1) };
    const shaken = curve(plan, problem, states(plan, problem, JITTER));
    return { values, relativeError: responseTo(shaken, values, problem.C.length) };
  }
  function responseTo(shaken, values, width) {
    const least = (16 + width / 2) * 2 ** -53;
    let worst = 0;
    return values.map((_, k) => {
      const response = values[k] === 0 ? 0 : Math.abs(shaken[k] / values[k] - 1) * UNIT_PER_JITTER;
      worst = Math.max(worst, Number.isFinite(response) ? response : 1);
      return SAFETY * worst + least;
    });
  }
  function curve(plan, problem, X) {
    const { P, count: count2, m, noiseVar } = problem;
    const width = P.length;
    const weight = P.map((p, i) => p * count2[i]);
    const traceP = (row) => {
      let sum = 0;
      for (let i = 0, at = row * width; i < width; i++, at++) sum += weight[i] * X[at];
      return sum;
    };
    const power = noiseVar > 0 ? Array.from(plan.power, traceP) : [];
    return Float64Array.from(plan.sandwich, (row, k) => {
      let noise2 = 0;
      for (let j = 0; noiseVar > 0 && j < k; j++) noise2 += power[j] - power[k + j];
      return traceP(row) + noiseVar / m * noise2;
    });
  }
  function states(plan, problem, jitter) {
    const { C, Q, count: count2, d, factor, m } = problem;
    const { kind, source, start: start2, left, right, weight, byDimension } = plan;
    const width = C.length;
    const X = new Float64Array(plan.rows * width);
    const W = new Float64Array(width);
    const stepC = C.map((c) => c / m);
    const random = noise(plan.rows);
    for (let row = 0; row < plan.rows; row++) {
      const at = row * width;
      const from = source[row] * width;
      switch (kind[row]) {
        case 0 /* One */:
          X.fill(1, at, at + width);
          break;
        case 2 /* TimesQ */:
          for (let i = 0; i < width; i++) X[at + i] = Q[i] * X[from + i];
          break;
        case 1 /* TraceB */: {
          let sum = 0;
          for (let i = 0; i < width; i++) sum += count2[i] * X[from + i];
          X.fill(sum, at, at + width);
          break;
        }
        case 3 /* TraceQB */: {
          let sum = 0;
          for (let i = 0; i < width; i++) sum += count2[i] * Q[i] * X[from + i];
          X.fill(sum, at, at + width);
          break;
        }
        default: {
          W.fill(0);
          for (let t = start2[row]; t < start2[row + 1]; t++) {
            const w = weight[t];
            const l = left[t] * width;
            const r = right[t] * width;
            if (byDimension[t]) for (let i = 0; i < width; i++) W[i] += w * (d * X[l + i] - X[r + i]);
            else for (let i = 0; i < width; i++) W[i] += w * (X[l + i] - X[r + i]);
          }
          for (let i = 0; i < width; i++) X[at + i] = factor[i] * X[from + i] + stepC[i] * W[i];
        }
      }
      if (jitter > 0) {
        for (let i = 0; i < width; i++) X[at + i] *= 1 + jitter * random();
      }
    }
    return X;
  }
  function noise(seed) {
    let state = seed * 2654435761 + 1 >>> 0 || 1;
    return () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 2 ** 31 - 1;
    };
  }

  // src/engine/errors.ts
  var EngineError = class extends Error {
    constructor(trouble, argument, sentence4) {
      super(sentence4);
      this.name = "EngineError";
      this.trouble = trouble;
      this.argument = argument;
    }
  };
  function refused(argument, value, problem, remedy) {
    return new EngineError("invalid", argument, `${argument} = ${shown(value)}: ${problem}; ${remedy}`);
  }
  function shown(value) {
    if (value === Infinity) return "∞";
    const text = typeof value === "string" ? JSON.stringify(value) : String(value);
    return text.length > 40 ? `${text.slice(0, 37)}…` : text;
  }

  // src/engine/problem.ts
  var MOST_DIMENSIONS = 5e3;
  var MOST_EXAMPLES = 1e15;
  var LARGEST = 1e100;
  function checked(problem) {
    const lambda = spectrum("lambda", problem.lambda);
    const d = lambda.length;
    const sigma = problem.sigma === void 0 ? lambda : spectrum("sigma", problem.sigma, d);
    const prior = problem.prior === void 0 ? new Float64Array(d).fill(1) : spectrum("prior", problem.prior, d, true);
    const noiseVar = problem.noiseVar ?? 0;
    if (!(noiseVar >= 0 && noiseVar <= LARGEST)) {
      throw refused("noiseVar", noiseVar, "not a variance", "use a number from 0 to 1e100");
    }
    const metric = problem.metric ?? "estimation";
    if (metric !== "estimation" && metric !== "prediction") {
      throw refused("metric", metric, "unknown", 'use "estimation" or "prediction"');
    }
    return {
      d,
      lambda,
      sigma,
      prior,
      matched: sigma === lambda || sigma.every((value, i) => value === lambda[i]),
      n: examples("n", problem.n),
      m: examples("m", problem.m),
      noiseVar,
      metric
    };
  }
  function spectrum(name, values, d, zeroAllowed = false) {
    if (values === null || typeof values !== "object" || !Number.isInteger(values.length) || values.length < 1) {
      throw refused(name, values, "no eigenvalues", "give at least one positive number");
    }
    if (values.length > MOST_DIMENSIONS) {
      throw refused(name, `${values.length} eigenvalues`, "too many for this page", `use at most ${MOST_DIMENSIONS}`);
    }
    if (d !== void 0 && values.length !== d) {
      throw refused(name, `${values.length} eigenvalues`, `lambda has ${d}`, "use one dimension for all");
    }
    const found = Float64Array.from(values);
    const bad = found.findIndex((x) => !(zeroAllowed && x === 0 || x >= 1 / LARGEST && x <= LARGEST));
    if (bad >= 0) {
      const range = zeroAllowed ? "0 or a number" : "a positive number";
      throw refused(`${name}[${bad}]`, found[bad], "outside the range", `use ${range} from 1e-100 to 1e100`);
    }
    return found;
  }
  function examples(name, value) {
    if (value === Infinity || Number.isInteger(value) && value >= 1 && value <= MOST_EXAMPLES) return value;
    throw refused(name, value, "not a number of examples", "use an integer from 1 to 1e15, or Infinity");
  }
  function checkedSteps(steps2, most) {
    if (Number.isInteger(steps2) && steps2 >= 0 && steps2 <= most) return steps2;
    throw refused("steps", steps2, "not a number of steps shown here", `use an integer from 0 to ${most}`);
  }
  function gammaAt(problem, n) {
    const { d, lambda, sigma } = problem;
    const over = 1 / n;
    let trace = 0;
    for (const value of lambda) trace += value;
    const gamma = new Float64Array(d);
    const ratio = new Float64Array(d);
    const factor = new Float64Array(d);
    for (let i = 0; i < d; i++) {
      const ridge = (lambda[i] + trace) * over;
      gamma[i] = lambda[i] + ridge;
      ratio[i] = sigma[i] / gamma[i];
      factor[i] = (lambda[i] - sigma[i] + ridge) / gamma[i];
    }
    return { gamma, ratio, factor };
  }
  function whitened(problem, n = problem.n) {
    const { lambda, sigma, prior, metric, matched } = problem;
    const { gamma, ratio, factor } = gammaAt(problem, n);
    const groups = /* @__PURE__ */ new Map();
    const first = [];
    const counts = [];
    for (let i = 0; i < problem.d; i++) {
      const key = matched ? `${lambda[i]};${prior[i]}` : `${lambda[i]};${prior[i]};${sigma[i]}`;
      const seen = groups.get(key);
      if (seen === void 0) {
        groups.set(key, first.length);
        first.push(i);
        counts.push(1);
      } else {
        counts[seen]++;
      }
    }
    const pick = (of) => Float64Array.from(first, of);
    const found = {
      d: problem.d,
      m: problem.m,
      noiseVar: problem.noiseVar,
      metric,
      C: pick((i) => ratio[i]),
      factor: pick((i) => factor[i]),
      P: pick((i) => metric === "prediction" ? ratio[i] : 1 / gamma[i]),
      Q: pick((i) => gamma[i] * prior[i]),
      count: Float64Array.from(counts),
      factorError: pick((i) => (lambda[i] === sigma[i] ? 6 : 4 + 4 * (gamma[i] + sigma[i]) / Math.abs(factor[i] * gamma[i])) * UNIT)
    };
    if ([found.C, found.P, found.Q].some((part) => part.some((x) => !Number.isFinite(x)))) {
      throw new EngineError("range", "lambda", "λ, σ or the prior leaves the float64 range in products: rescale them");
    }
    return found;
  }
  var UNIT = 2 ** -53;

  // src/engine/one_step.ts
  function oneStepValue(problem) {
    const { C, P, Q, count: count2, factor, m, noiseVar } = problem;
    let bias = 0;
    let own = 0;
    let spread = 0;
    let signal = 0;
    for (let i = 0; i < C.length; i++) {
      bias += count2[i] * P[i] * Q[i] * factor[i] * factor[i];
      own += count2[i] * P[i] * Q[i] * C[i] * C[i];
      spread += count2[i] * P[i] * C[i];
      signal += count2[i] * Q[i] * C[i];
    }
    return bias + (own + spread * (signal + noiseVar)) / m;
  }
  function oneStepError(problem) {
    const { C, P, Q, count: count2, factor, factorError } = problem;
    const value = oneStepValue(problem);
    let doubt = 0;
    for (let i = 0; i < C.length; i++) {
      const e = Number.isFinite(factorError[i]) ? factorError[i] : 1;
      doubt += 2 * count2[i] * P[i] * Q[i] * factor[i] * factor[i] * e;
    }
    return value > 0 ? doubt / value + (2 * C.length + 20) * UNIT : 0;
  }

  // src/engine/population.ts
  function populationValues(problem, steps2) {
    const { P, Q, count: count2, factor, factorError } = problem;
    const values = new Float64Array(steps2 + 1);
    const relativeError = new Float64Array(steps2 + 1);
    const term = P.map((p, i) => p * Q[i] * count2[i]);
    const square = factor.map((f) => f * f);
    for (let k = 0; k <= steps2; k++) {
      let sum = 0;
      let doubt = 0;
      for (let i = 0; i < term.length; i++) {
        sum += term[i];
        doubt += term[i] * (2 * k * (Number.isFinite(factorError[i]) ? factorError[i] : 1) + (3 * k + term.length + 8) * UNIT);
        term[i] *= square[i];
      }
      values[k] = sum;
      relativeError[k] = sum > 0 ? doubt / sum : 0;
    }
    return { values, relativeError };
  }
  function populationAt(problem, k) {
    const { P, Q, count: count2, factor } = problem;
    let sum = 0;
    for (let i = 0; i < P.length; i++) {
      const weight = P[i] * Q[i] * count2[i];
      if (weight > 0) sum += weight * Math.pow(Math.abs(factor[i]), 2 * k);
    }
    return sum;
  }

  // src/engine/proportional.ts
  var JITTER2 = 2 ** -40;
  function proportionalValues(problem, steps2, estimate = true) {
    const values = curve2(problem, steps2, 0);
    if (!estimate) return { values, relativeError: new Float64Array(steps2 + 1) };
    return { values, relativeError: responseTo(curve2(problem, steps2, JITTER2), values, problem.C.length) };
  }
  function curve2(problem, steps2, jitter) {
    const { C, P, Q, count: count2, m, noiseVar } = problem;
    const width = C.length;
    const length = Math.max(1, 2 * steps2);
    const r = powers(problem, length, jitter);
    const trace = (of, j) => {
      let sum = 0;
      for (let i = 0, at = j * width; i < width; i++, at++) sum += of(i) * r[at];
      return sum;
    };
    const u = Float64Array.from({ length }, (_, s) => trace((i) => count2[i] * Q[i], s) / m);
    const power = noiseVar > 0 ? Float64Array.from({ length }, (_, j) => trace((i) => count2[i] * P[i], j)) : u;
    const weight = C.map((c, i) => count2[i] * P[i] * c);
    const own = C.map((_, i) => count2[i] * P[i] * Q[i]);
    const diagonal = new Float64Array(length);
    return Float64Array.from({ length: steps2 + 1 }, (_, k) => {
      if (k > 0) {
        const last2 = (k - 1) * width;
        for (let j = 0; j < k; j++) {
          let G = 0;
          for (let i = 0, at = j * width; i < width; i++, at++) G += weight[i] * r[at] * r[last2 + i];
          diagonal[j + k - 1] += j === k - 1 ? G : 2 * G;
        }
      }
      let sum = 0;
      for (let i = 0, at = k * width; i < width && k > 0; i++, at++) sum += own[i] * r[at] * r[at];
      if (k === 0) for (const part of own) sum += part;
      for (let s = 0; s <= 2 * k - 2; s++) sum += diagonal[s] * (u[2 * k - 2 - s] - u[2 * k - 1 - s]);
      let added = 0;
      for (let j = 0; noiseVar > 0 && j < k; j++) added += power[j] - power[k + j];
      return sum + noiseVar / m * added;
    });
  }
  function powers(problem, length, jitter) {
    const { C, count: count2, factor, m } = problem;
    const width = C.length;
    const r = new Float64Array(length * width);
    const difference = new Float64Array(length);
    const random = noise(length);
    const sum = new Float64Array(width);
    let before = 0;
    for (let j = 0; j < length; j++) {
      const at = j * width;
      if (j === 0) r.fill(1, 0, width);
      else {
        sum.fill(0);
        for (let s = 0; s <= j - 2; s++) {
          const tau = difference[s];
          const from = (j - 2 - s) * width;
          for (let i = 0; i < width; i++) sum[i] += tau * r[from + i];
        }
        for (let i = 0; i < width; i++) r[at + i] = factor[i] * r[at - width + i] + C[i] * sum[i];
      }
      if (jitter > 0) for (let i = 0; i < width; i++) r[at + i] *= 1 + jitter * random();
      let trace = 0;
      for (let i = 0; i < width; i++) trace += count2[i] * r[at + i];
      if (j > 0) difference[j - 1] = (before - trace) / m;
      before = trace;
    }
    return r;
  }

  // src/engine/curves.ts
  var RUNGS = ["population", "one-step", "exact", "proportional"];
  var MOST_STEPS = {
    population: 1e4,
    "one-step": 1,
    exact: 10,
    proportional: 500
  };
  var DOUBTFUL = 1e-9;
  function expectedError({ problem, steps: steps2, rung, estimateRounding = true }) {
    if (!RUNGS.includes(rung)) throw refused("rung", rung, "unknown", `use one of ${RUNGS.join(", ")}`);
    const given = checked(problem);
    const count2 = checkedSteps(steps2, MOST_STEPS[rung]);
    const white = whitened(given);
    const notes = [];
    if (given.m === Infinity && rung !== "population") notes.push("m = ∞: every rung is the population law");
    if (given.m !== Infinity && rung === "population") {
      notes.push(`m = ${given.m} is ignored: this is the limit m → ∞ at fixed d and k`);
    }
    const raw = rawValues(white, count2, rung, estimateRounding);
    return finished(raw, white, rung, notes);
  }
  function rawValues(white, steps2, rung, estimate) {
    if (rung === "population" || white.m === Infinity) return populationValues(white, steps2);
    if (rung === "exact") return exactValues(white, steps2, estimate);
    if (rung === "proportional") return proportionalValues(white, steps2, estimate);
    const start2 = populationValues(white, 0);
    if (steps2 === 0) return start2;
    return {
      values: Float64Array.of(start2.values[0], oneStepValue(white)),
      relativeError: Float64Array.of(start2.relativeError[0], oneStepError(white))
    };
  }
  function finished(raw, white, rung, notes) {
    const end = raw.values.findIndex((value) => !Number.isFinite(value) || value < 0);
    let truncated = null;
    if (end >= 0) {
      const sentence4 = `E_${end} on rung ${rung} is beyond what float64 holds here: the curve ends before it.`;
      truncated = { step: end, sentence: sentence4 };
      notes.push(sentence4);
    }
    const values = end < 0 ? raw.values : raw.values.slice(0, end);
    const relativeError = end < 0 ? raw.relativeError : raw.relativeError.slice(0, end);
    const nothing = values.length > 0 && values[0] === 0 && white.noiseVar === 0;
    const zero = nothing ? -1 : values.findIndex((value) => value === 0 || value < MIN_NORMAL);
    if (nothing) notes.push("The prior is 0: there is no error to think about.");
    else if (zero >= 0 && !learnedAtOnce(white)) {
      notes.push(`E_${zero} is below the float64 range: shown as ${values[zero]}.`);
    }
    const doubt = relativeError.findIndex((e) => !(e <= DOUBTFUL));
    if (doubt >= 0) {
      notes.push(`From E_${doubt} on float64 may lose digits: relative error up to ${relativeError[doubt].toExponential(0)}.`);
    }
    const kStar = argmin(values);
    return {
      rung,
      metric: white.metric,
      values,
      relativeError,
      kStar,
      kStarAtEnd: kStar === values.length - 1 && truncated === null && values.length > 1,
      truncated,
      notes
    };
  }
  var MIN_NORMAL = 22250738585072014e-324;
  function learnedAtOnce(white) {
    return white.factor.every((f) => f === 0);
  }
  function argmin(values) {
    let best = 0;
    for (let k = 1; k < values.length; k++) if (values[k] < values[best]) best = k;
    return best;
  }
  function disagreement(one, other, factor = 2) {
    let step = -1;
    let worst = 1;
    let worstStep = 0;
    const length = Math.min(one.values.length, other.values.length);
    for (let k = 0; k < length; k++) {
      const [a, b] = [one.values[k], other.values[k]];
      if (!(a > MIN_NORMAL && b > MIN_NORMAL)) continue;
      const ratio = Math.max(a / b, b / a);
      if (ratio > factor && step < 0) step = k;
      if (ratio > worst) [worst, worstStep] = [ratio, k];
    }
    if (step < 0) return null;
    const times = worst >= 1e5 ? worst.toExponential(0) : worst >= 10 ? worst.toFixed(0) : worst.toFixed(1);
    const sentence4 = `Rungs ${one.rung} and ${other.rung} differ by more than a factor ${factor} from step ${step} on; at step ${worstStep} by ${times}.`;
    return { step, worst, worstStep, sentence: sentence4 };
  }

  // src/engine/edges.ts
  function spectralEdges(problem) {
    return edgesOf(whitened(checked(problem)));
  }
  function edgesOf({ C, count: count2, d, m }) {
    const top = C.reduce((a, b) => Math.max(a, b));
    const bottom = C.reduce((a, b) => Math.min(a, b));
    if (!(bottom > 0) || !Number.isFinite(top)) {
      throw new EngineError("range", "sigma", "σ/γ leaves the float64 range: rescale the spectra");
    }
    if (m === Infinity) return { lower: bottom, upper: top, atom: 0 };
    return {
      lower: d === m ? 0 : valueAt(C, count2, m, d < m ? lowerPoint(C, count2, m, d, bottom) : negativePoint(C, count2, m, d, top)),
      upper: valueAt(C, count2, m, upperPoint(C, count2, m, d, top)),
      atom: Math.max(0, 1 - m / d)
    };
  }
  function valueAt(C, count2, m, { alpha, apart }) {
    let sum = 0;
    for (let i = 0; i < C.length; i++) sum += count2[i] * C[i] / (apart[i] / alpha) ** 2;
    return sum / m;
  }
  function upperPoint(C, count2, m, d, top) {
    const gaps = C.map((c) => top - c);
    const excess = (delta2) => {
      let sum = 0;
      for (let i = 0; i < C.length; i++) sum += count2[i] * (C[i] / (gaps[i] + delta2)) ** 2;
      return sum - m;
    };
    const delta = root(excess, top * Math.sqrt(1 / m) / 1.0001, top * Math.sqrt(d / m) * 1.0001);
    return { alpha: top + delta, apart: gaps.map((gap) => gap + delta) };
  }
  function lowerPoint(C, count2, m, d, bottom) {
    const missing = (alpha, gap2) => {
      let sum = 0;
      for (let i = 0; i < C.length; i++) sum += count2[i] * (alpha / gap2(i)) * ((2 * C[i] - alpha) / gap2(i));
      return m - d - sum;
    };
    if (missing(bottom / 2, (i) => C[i] - bottom / 2) < 0) {
      const falling = (share) => missing(bottom * share, (i) => C[i] - bottom * share);
      const alpha = bottom * root(falling, Math.min(0.25, (m - d) / (16 * d)), 0.5);
      return { alpha, apart: C.map((c) => alpha - c) };
    }
    const gap = (rest2) => (i) => C[i] - bottom + bottom * rest2;
    const rest = root((x) => -missing(bottom * (1 - x), gap(x)), 0.5 / Math.sqrt(m + 1), 0.5);
    return { alpha: bottom * (1 - rest), apart: C.map((_, i) => -gap(rest)(i)) };
  }
  function negativePoint(C, count2, m, d, top) {
    const excess = (beta2) => {
      let sum = 0;
      for (let i = 0; i < C.length; i++) {
        const gap = C[i] + beta2;
        sum += count2[i] * (beta2 / gap) * ((2 * C[i] + beta2) / gap);
      }
      return d - m - sum;
    };
    const bottom = C.reduce((a, b) => Math.min(a, b));
    const beta = root(excess, bottom * (d - m) / (4 * d), top * Math.sqrt(d / m) * 1.0001);
    return { alpha: -beta, apart: C.map((c) => -(c + beta)) };
  }
  function root(falling, low, high) {
    let [a, b] = [low, high];
    for (let i = 0; i < 200 && b / a > 1 + 2 ** -52; i++) {
      const middle = b / a > 2 ? Math.sqrt(a) * Math.sqrt(b) : a + (b - a) / 2;
      if (middle <= a || middle >= b) break;
      if (falling(middle) > 0) a = middle;
      else b = middle;
    }
    return a + (b - a) / 2;
  }

  // src/engine/floor.ts
  function floorOf({ C, P, Q, count: count2, d, m, noiseVar }) {
    if (m === Infinity) throw new Error("floorOf is for finite m");
    if (d <= m) {
      if (noiseVar === 0) return 0;
      let sum = 0;
      for (let i = 0; i < C.length; i++) sum += count2[i] * P[i] / C[i];
      return noiseVar * sum / (m - d);
    }
    const g = nullSpaceScale(C, count2, m);
    let own = 0;
    let onP = 0;
    let onQ = 0;
    let all = 0;
    for (let i = 0; i < C.length; i++) {
      const share = 1 / (1 + C[i] * g);
      const weight = count2[i] * share * share;
      own += weight * P[i] * Q[i];
      onP += weight * P[i] * C[i];
      onQ += weight * Q[i] * C[i];
      all += weight * C[i];
    }
    return own + g * onP * (onQ + noiseVar) / all;
  }
  function nullSpaceScale(C, count2, m) {
    const top = C.reduce((a, b) => Math.max(a, b));
    const bottom = C.reduce((a, b) => Math.min(a, b));
    const d = count2.reduce((a, b) => a + b);
    const falling = (g) => {
      let sum = 0;
      for (let i = 0; i < C.length; i++) sum += count2[i] * (C[i] * g / (1 + C[i] * g));
      return m - sum;
    };
    const isotropic = m / (d - m);
    return root(falling, isotropic / top / 1.0001, isotropic / bottom * 1.0001);
  }

  // src/engine/phase.ts
  var CRITICAL = 1e-12;
  function phase(problem) {
    return phaseOf(whitened(checked(problem)));
  }
  function phaseOf(white) {
    if ((white.noiseVar === 0 || white.m === Infinity) && white.Q.every((q) => q === 0)) {
      throw new EngineError("outside", "prior", "prior = 0: there is no error to think about; give some skill a positive prior");
    }
    const found = white.m === Infinity ? populationPhase(white) : finitePhase(white);
    if (!Number.isFinite(found.rate) || !Number.isFinite(found.floor ?? 0)) {
      throw new EngineError("range", "sigma", "What a step does to the error is beyond the float64 range: rescale the spectra.");
    }
    return found;
  }
  function phaseName(edges, d, m, noiseVar) {
    const side = sideOfTwo(edges.upper);
    if (side > 0 || m === d && noiseVar > 0) return "overthinking";
    if (m < d || noiseVar > 0) return "saturating";
    return m === d || side === 0 ? "polynomial" : "exponential";
  }
  function finitePhase(white) {
    const { d, m, noiseVar } = white;
    const edges = edgesOf(white);
    const kind = phaseName(edges, d, m, noiseVar);
    const critical = sideOfTwo(edges.upper) === 0;
    const rate = critical ? 1 : Math.max(Math.abs(1 - edges.lower), Math.abs(1 - edges.upper)) ** 2;
    const floor = kind === "overthinking" ? null : floorOf(white);
    return { phase: kind, edges, rate, floor, critical, sentence: finiteSentence(kind, white, edges, rate, floor) };
  }
  function finiteSentence(kind, { d, m, noiseVar }, edges, rate, floor) {
    const top = `λ₊ = ${short(edges.upper)}`;
    switch (kind) {
      case "exponential":
        return `Thinking on improves a typical prompt: its error falls to 0 by a factor of ${short(rate)} a step in the end (λ₋ = ${short(edges.lower)}, ${top} < 2).`;
      case "polynomial":
        return m === d ? `Thinking on improves a typical prompt, but slowly: for d = m the error falls like 1/√k (${top}).` : "Thinking on improves a typical prompt, but slowly: λ₊ = 2 exactly, and the error falls like k^(−3/2).";
      case "saturating": {
        const cause = m < d ? "the prompt has fewer examples than there are skills (m < d)" : "label noise stays";
        return `Thinking saturates: a typical prompt's error tends to ${short(floor ?? 0)}, as ${cause}.`;
      }
      default:
        return edges.upper > 2 ? `A typical prompt overthinks: ${top} > 2, and in the end every step multiplies its error by ${short(rate)}.` : `A typical prompt overthinks: for d = m with label noise (variance ${short(noiseVar)}) its error grows like √k.`;
    }
  }
  function populationPhase(white) {
    const { C, P, Q, count: count2, d, factor } = white;
    const edges = edgesOf(white);
    const weight = C.map((_, i) => P[i] * Q[i] * count2[i]);
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
      const sentence5 = `On long prompts thinking diverges: a skill has σ/γ = ${short(top)} > 2, and every step multiplies its error by ${short(rate)} in the end.`;
      return { phase: "overthinking", edges, rate, floor: null, critical, sentence: sentence5 };
    }
    if (critical) {
      const sentence5 = `On long prompts a skill with σ = 2γ keeps its error for ever: the error tends to ${short(floor)}.`;
      return { phase: "saturating", edges, rate: 1, floor, critical, sentence: sentence5 };
    }
    const skills = d === 1 ? "the only skill" : `all ${d} skills`;
    const sentence4 = `On long prompts ${skills} converge${d === 1 ? "s" : ""}: the error falls to 0 by a factor of ${short(rate)} a step in the end.`;
    return { phase: "exponential", edges, rate, floor: 0, critical, sentence: sentence4 };
  }
  function sideOfTwo(value) {
    if (Math.abs(value - 2) <= 2 * CRITICAL) return 0;
    return value > 2 ? 1 : -1;
  }
  function enoughForEverySpectrum(n) {
    return n * (n + 1) / (n + 2);
  }
  function safeThinking(problem) {
    const given = checked(problem);
    const { matched, n, m } = given;
    const threshold = safeThreshold(whitened(given));
    const ratio = m === Infinity ? 0 : n / m;
    const all = !matched || n === Infinity ? null : enoughForEverySpectrum(n);
    const least = Math.max(1, Math.ceil(threshold * (1 - 1e-12)));
    const sentence4 = threshold === Infinity ? "No test prompt is long enough: even for m = ∞ a skill has σ/γ ≥ 2." : `A typical prompt of at least ${least.toLocaleString("en")} examples never overthinks here` + (all === null ? "." : `; ${Math.ceil(all * (1 - 1e-15)).toLocaleString("en")} are enough for every matched spectrum.`);
    return {
      bound: matched && Number.isFinite(ratio) ? 1 + ratio : null,
      sharpBound: matched && Number.isFinite(ratio) ? 1 / (1 + 1 / n) + ratio : null,
      enoughForEverySpectrum: all,
      threshold,
      sentence: sentence4
    };
  }
  function safeThreshold({ C, count: count2 }) {
    const top = C.reduce((a, b) => Math.max(a, b));
    if (top >= 2) return Infinity;
    const gaps = C.map((c) => top - c);
    const room = 2 - top;
    const at = (odds) => ({
      above: room * odds / (1 + odds),
      // α − c_max
      rest: room / (1 + odds)
      // 2 − α
    });
    const falling = (odds) => {
      const { above: above2, rest: rest2 } = at(odds);
      let push = 0;
      let pull = 0;
      for (let i = 0; i < C.length; i++) {
        const apart = gaps[i] + above2;
        push += count2[i] * (C[i] / apart) ** 2 * rest2;
        pull += count2[i] * (top + above2) * C[i] / apart;
      }
      return push - pull;
    };
    const { above, rest } = at(root(falling, 1e-30, 1e30));
    let sum = 0;
    for (let i = 0; i < C.length; i++) sum += count2[i] * (top + above) * C[i] / (gaps[i] + above);
    return sum / rest;
  }
  function short(x) {
    if (x === 0) return "0";
    if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
    const size = Math.abs(x);
    const text = size >= 1e6 || size < 1e-4 ? x.toExponential(2) : String(Number(x.toPrecision(4)));
    return text.replace("e+", "e").replace(/-/g, "−");
  }

  // src/engine/directions.ts
  function directions(problem) {
    const given = checked(problem);
    const { gamma, ratio, factor } = gammaAt(given, given.n);
    const fate = Array.from(ratio, fateOf);
    const weight = given.prior.map((q, i) => given.metric === "prediction" ? q * given.sigma[i] : q);
    const counts = { converging: 0, oscillating: 0, critical: 0, overthinking: 0 };
    for (const name of fate) counts[name]++;
    return { sigma: given.sigma, gamma, ratio, factor, fate, weight, counts, sentence: sentence(counts, ratio) };
  }
  function fateOf(ratio) {
    if (Math.abs(ratio - 2) <= 2 * CRITICAL) return "critical";
    if (ratio > 2) return "overthinking";
    return ratio > 1 ? "oscillating" : "converging";
  }
  function sentence(counts, ratio) {
    const all = ratio.length;
    const skills = (count2) => count2 === 1 ? "1 skill" : `${count2} skills`;
    const parts = [];
    const verb = (count2, plural) => `${skills(count2)} ${count2 === 1 ? singular(plural) : plural}`;
    if (counts.converging) parts.push(verb(counts.converging, "converge steadily"));
    if (counts.oscillating) parts.push(verb(counts.oscillating, "oscillate and converge"));
    if (counts.critical) parts.push(verb(counts.critical, "keep their error for ever (σ = 2γ)"));
    if (counts.overthinking) {
      const top = ratio.reduce((a, b) => Math.max(a, b));
      parts.push(`${verb(counts.overthinking, "overthink")} (largest σ/γ = ${short(top)} > 2)`);
    }
    return `On long prompts, of ${skills(all)}: ${parts.join(", ")}.`;
  }
  function singular(words) {
    return words.replace("converge", "converges").replace("oscillate ", "oscillates ").replace("keep their", "keeps its").replace("overthink", "overthinks");
  }
  function shares(found, k) {
    checkedSteps(k, 1e9);
    const logs = found.weight.map((w, i) => k === 0 ? Math.log(w) : Math.log(w) + 2 * k * Math.log(Math.abs(found.factor[i])));
    const top = logs.reduce((a, b) => Math.max(a, b), -Infinity);
    if (top === -Infinity) return new Float64Array(logs.length);
    const parts = logs.map((log) => Math.exp(log - top));
    const sum = parts.reduce((a, b) => a + b);
    return parts.map((part) => part / sum);
  }
  function contributions(found, steps2) {
    const count2 = checkedSteps(steps2, 1e4);
    const rows = [found.weight.slice()];
    for (let k = 1; k <= count2; k++) rows.push(rows[k - 1].map((value, i) => value === 0 ? 0 : value * found.factor[i] ** 2));
    return rows;
  }

  // src/engine/gamma.ts
  function gammaSpectrum(problem) {
    const given = checked(problem);
    return gammaAt(given, given.n);
  }
  function taskHardness(problem) {
    const { lambda } = checked(problem);
    const least = lambda.reduce((a, b) => Math.min(a, b));
    return lambda.reduce((a, b) => a + b / least, 0);
  }

  // src/engine/overthinking.ts
  function overthinking(problem) {
    const white = whitened(checked(problem));
    let threshold = 0;
    let floor = 0;
    let anyFalls = false;
    for (let i = 0; i < white.C.length; i++) {
      if (!(white.Q[i] > 0)) continue;
      threshold = Math.max(threshold, white.C[i]);
      const size = Math.abs(white.factor[i]);
      if (size === 1) floor += white.P[i] * white.Q[i] * white.count[i];
      if (size < 1 && size > 0) anyFalls = true;
    }
    const overthinks = threshold > 2;
    if (!overthinks) {
      const kStar2 = anyFalls ? Infinity : populationAt(white, 1) < populationAt(white, 0) ? 1 : 0;
      const least2 = anyFalls ? floor : populationAt(white, kStar2);
      const sentence5 = "On long prompts no skill overthinks (largest σ/γ = " + short(threshold) + " ≤ 2): more steps never hurt.";
      return { threshold, overthinks, kStar: kStar2, least: least2, sentence: sentence5 };
    }
    const kStar = bestStep((k) => populationAt(white, k + 1) - populationAt(white, k));
    const least = populationAt(white, kStar);
    const steps2 = kStar === 1 ? "1 step" : `${kStar.toLocaleString("en")} steps`;
    const sentence4 = `On long prompts thinking longer hurts (largest σ/γ = ${short(threshold)} > 2): ` + (kStar === 0 ? "the first step already does." : `the error is least after ${steps2}, at ${short(least)}, and then grows without bound.`);
    return { threshold, overthinks, kStar, least, sentence: sentence4 };
  }
  function bestStep(slope) {
    const rises = (k) => {
      const s = slope(k);
      return s >= 0 || Number.isNaN(s);
    };
    if (rises(0)) return 0;
    let high = 1;
    while (!rises(high)) high *= 2;
    let low = high / 2;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (rises(middle)) high = middle;
      else low = middle;
    }
    return high;
  }
  function ladder(problem, steps2, estimateRounding = true) {
    const rungs = ["population", "exact", "proportional"];
    return rungs.map((rung) => expectedError({ problem, steps: Math.min(steps2, MOST_STEPS[rung]), rung, estimateRounding }));
  }

  // src/engine/phase_diagram.ts
  function* phaseDiagram(problem, n, m) {
    const given = checked({ ...problem, n: 1, m: 1 });
    const upper = [];
    const boundary = new Float64Array(n.length);
    for (const [j, length] of n.entries()) {
      const white = whitened(given, length);
      boundary[j] = safeThreshold(white);
      upper.push(Float64Array.from(m, (examples2) => upperEdge(white, examples2)));
      yield (j + 1) / n.length;
    }
    return { n, m, upper, boundary };
  }
  var CLOSE = 1e-4;
  function upperEdge({ C, count: count2, d }, m) {
    const top = C.reduce((a, b) => Math.max(a, b));
    let low = top / Math.sqrt(m) / 1.001;
    let high = top * Math.sqrt(d / m) * 1.001;
    while (high > low * (1 + CLOSE)) {
      const delta = high > 2 * low ? Math.sqrt(low * high) : (low + high) / 2;
      let sum2 = 0;
      for (let i = 0; i < C.length; i++) sum2 += count2[i] * (C[i] / (top - C[i] + delta)) ** 2;
      if (sum2 > m) low = delta;
      else high = delta;
    }
    const alpha = top + low;
    let sum = 0;
    for (let i = 0; i < C.length; i++) sum += count2[i] * C[i] / (top - C[i] + low);
    return alpha * (1 + sum / m);
  }

  // src/engine/frontier.ts
  var LONGEST = 1e12;
  var LONGEST_ON_GRID = 1e6;
  var GRID = 37;
  var MOST_INTERVALS = 2e4;
  function frontier(question) {
    const search = frontierSearch(question);
    for (; ; ) {
      const { done, value } = search.next();
      if (done) return value;
    }
  }
  function* frontierSearch(question) {
    const { error, rung, steps: steps2, tieM = false } = question;
    const given = checked({ ...question.problem, n: 1 });
    if (!(error > 0 && error <= 1e100)) throw refused("error", error, "not a target", "use a number from above 0 to 1e100");
    if (steps2.length === 0) throw refused("steps", "[]", "no steps", "ask for at least one k");
    if (MOST_STEPS[rung] === void 0) throw refused("rung", rung, "unknown", "use population, exact or proportional");
    const law = rung === "population" || given.m === Infinity && !tieM;
    const most = MOST_STEPS[law ? "population" : rung];
    const counts = steps2.map((k) => checkedSteps(k, most));
    if (law) return yield* populationFrontier(given, error, counts, rung);
    return yield* gridFrontier(given, error, counts, rung, tieM);
  }
  function* populationFrontier(given, error, steps2, rung) {
    const points = [];
    let evaluations = 0;
    for (const [index, k] of steps2.entries()) {
      let least = Infinity;
      const at = (n) => {
        evaluations++;
        const value2 = populationAt(whitened(given, n), k);
        least = Math.min(least, value2);
        return value2;
      };
      const bound = intervalBound(given, k);
      const open = [[1, LONGEST]];
      let found = null;
      let everywhere = true;
      let intervals = 0;
      let value = Infinity;
      while (open.length > 0 && found === null) {
        const [a, b] = open.pop();
        if (++intervals % 64 === 0) yield index / steps2.length;
        if (bound(a, b) > error) continue;
        const here = at(a);
        if (here <= error) {
          [found, value] = [a, here];
        } else if (b > a) {
          if (intervals > MOST_INTERVALS) {
            everywhere = false;
            break;
          }
          const middle = Math.min(b, Math.max(a + 1, Math.floor(Math.sqrt(a) * Math.sqrt(b))));
          const rest = middle < b ? [[middle + 1, b], [a + 1, middle]] : [[a + 1, b]];
          open.push(...rest);
        }
      }
      if (found === null) at(LONGEST);
      points.push({ steps: k, n: found, value: found === null ? least : value, everywhere });
      yield (index + 1) / steps2.length;
    }
    const proved = points.every((point) => point.everywhere);
    const searched = proved ? `Every n up to ${short(LONGEST)} was examined by bounds on whole intervals.` : "Some intervals of n were given up: a shorter n cannot be excluded there.";
    return { rung, error, points, searched, sentence: sentence2(points, error, rung), evaluations };
  }
  function intervalBound(given, k) {
    const weight = given.prior.map((q, i) => given.metric === "prediction" ? q * given.sigma[i] : q);
    return (a, b) => {
      const left = gammaAt(given, a).factor;
      const right = gammaAt(given, b).factor;
      let sum = 0;
      for (let i = 0; i < given.d; i++) {
        const [x, y] = [left[i], right[i]];
        if (weight[i] === 0 || k > 0 && x > 0 !== y > 0) continue;
        sum += weight[i] * Math.pow(Math.min(Math.abs(x), Math.abs(y)), 2 * k);
      }
      return sum * (1 - 1e-13 * (k + 10));
    };
  }
  function* gridFrontier(given, error, steps2, rung, tieM) {
    const longest = Math.max(...steps2);
    const known = /* @__PURE__ */ new Map();
    let evaluations = 0;
    let total = GRID + 10 * steps2.length;
    const curve3 = (n) => {
      const seen = known.get(n);
      if (seen) return seen;
      evaluations++;
      const white = whitened(tieM ? { ...given, m: n } : given, n);
      const { values } = rung === "exact" ? exactValues(white, longest, false) : proportionalValues(white, longest, false);
      const usable = values.map((value) => Number.isFinite(value) && value >= 0 ? value : Infinity);
      known.set(n, usable);
      return usable;
    };
    const lengths2 = grid();
    for (const n of lengths2) {
      curve3(n);
      yield evaluations / total;
    }
    const points = [];
    for (const k of steps2) {
      const reaches = (n) => curve3(n)[k] <= error;
      const first = lengths2.findIndex(reaches);
      let high = first < 0 ? null : lengths2[first];
      let low = first > 0 ? lengths2[first - 1] : 0;
      if (high === null) {
        const best = lengths2.reduce((a2, n, i) => curve3(n)[k] < curve3(lengths2[a2])[k] ? i : a2, 0);
        let [a, b] = [lengths2[Math.max(0, best - 1)], lengths2[Math.min(lengths2.length - 1, best + 1)]];
        low = a;
        while (b - a > 2 && high === null) {
          const [x, y] = [Math.floor(a + (b - a) / 3), Math.ceil(b - (b - a) / 3)];
          if (reaches(x)) high = x;
          else if (reaches(y)) high = y;
          else if (curve3(x)[k] <= curve3(y)[k]) b = y;
          else a = x;
          yield Math.min(0.99, evaluations / total);
        }
      }
      if (high !== null) {
        while (high - low > 1) {
          const middle = low + Math.floor((high - low) / 2);
          if (reaches(middle)) high = middle;
          else low = middle;
          yield Math.min(0.99, evaluations / total);
        }
      }
      let value = Infinity;
      if (high === null) for (const values of known.values()) value = Math.min(value, values[k]);
      else value = curve3(high)[k];
      points.push({ steps: k, n: high, value, everywhere: high === 1 });
      total = Math.max(total, evaluations + 1);
    }
    if (points.every((point) => point.n === null && point.value === Infinity)) {
      throw new EngineError("range", "problem", "Every error that was looked at is beyond float64: rescale the problem.");
    }
    const searched = `${lengths2.length} training lengths from 1 to ${short(LONGEST_ON_GRID)} were looked at, and the gap before the first that reaches the target was halved: n − 1 does not reach it, shorter n between grid points are not excluded.`;
    return { rung, error, points, searched, sentence: sentence2(points, error, rung), evaluations };
  }
  function grid() {
    const all = Array.from({ length: GRID }, (_, i) => Math.round(LONGEST_ON_GRID ** (i / (GRID - 1))));
    return all.filter((n, i) => i === 0 || n > all[i - 1]);
  }
  function sentence2(points, error, rung) {
    const reached = points.filter((point) => point.n !== null);
    const goal = `an error of ${short(error)} on rung ${rung}`;
    if (reached.length === 0) return `No training length that was looked at reaches ${goal} with the steps asked for.`;
    const least = reached.reduce((a, b) => b.n < a.n ? b : a);
    const words = (point) => `${point.n.toLocaleString("en")} with ${point.steps} ${point.steps === 1 ? "step" : "steps"}`;
    const one = reached[0];
    const missing = points.length - reached.length;
    const tail = missing === 0 ? "" : `; with ${missing} of the ${points.length} step counts no length was found`;
    if (one === least) return `The shortest training prompts that reach ${goal} have n = ${words(least)}${tail}.`;
    return `To reach ${goal}, training prompts need n = ${words(one)}, and only n = ${words(least)}${tail}.`;
  }
  function closedFormContext(hardness, d, error, k) {
    if (error >= d) return 0;
    return k === 0 ? Infinity : (1 + hardness) * Math.expm1(Math.log(d / error) / (2 * k));
  }

  // src/engine/nearest_point.ts
  var ENOUGH = 4 * 2 ** -52;
  var MOST_ROUNDS = 1e3;
  function nearestPoint(points) {
    const norms = points.map((p) => dot(p, p));
    const scale = Math.max(...norms);
    let corral = [norms.indexOf(Math.min(...norms))];
    let weights = [1];
    let x = points[corral[0]].slice();
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const slopes = points.map((p) => dot(x, p));
      const next = slopes.indexOf(Math.min(...slopes));
      if (dot(x, x) - slopes[next] <= ENOUGH * scale || corral.includes(next)) break;
      const before = dot(x, x);
      const kept = { corral, weights, x };
      corral = [...corral, next];
      weights = [...weights, 0];
      for (; ; ) {
        const target = affineMinimiser(corral.map((ell) => points[ell]));
        if (target.every((alpha) => alpha > 0)) {
          weights = target;
          break;
        }
        let step = 1;
        let leaves = -1;
        target.forEach((alpha, i) => {
          if (alpha > 0) return;
          const reach = weights[i] <= 0 ? 0 : weights[i] / (weights[i] - alpha);
          if (leaves < 0 || reach < step) [step, leaves] = [reach, i];
        });
        weights = weights.map((w, i) => w + step * (target[i] - w));
        const stays = weights.map((w, i) => i !== leaves && w > 0);
        corral = corral.filter((_, i) => stays[i]);
        weights = weights.filter((_, i) => stays[i]);
        const sum = weights.reduce((a, b) => a + b, 0);
        weights = weights.map((w) => w / sum);
      }
      x = combination(corral.map((ell) => points[ell]), weights);
      if (!(dot(x, x) < before)) {
        ({ corral, weights, x } = kept);
        break;
      }
    }
    const all = new Float64Array(points.length);
    corral.forEach((ell, i) => all[ell] = weights[i]);
    return { weights: all, point: x };
  }
  function affineMinimiser(points) {
    const base = points[points.length - 1];
    const differences = points.slice(0, -1).map((p) => p.map((value, i) => value - base[i]));
    const beta = leastSquares(
      differences,
      base.map((value) => -value)
    ).solution;
    return [...beta, 1 - beta.reduce((a, b) => a + b, 0)];
  }
  function leastSquares(columns, right) {
    const A = columns.map((column) => column.slice());
    const b = right.slice();
    const rows = b.length;
    const pivots = [];
    let at = 0;
    const sizes = columns.map((column) => Math.sqrt(dot(column, column)));
    for (let j = 0; j < A.length && at < rows; j++) {
      let norm = 0;
      for (let i = at; i < rows; i++) norm = Math.hypot(norm, A[j][i]);
      if (norm <= 1e-12 * sizes[j]) continue;
      const v = A[j].slice(at);
      v[0] += v[0] >= 0 ? norm : -norm;
      const length = dot(v, v);
      const reflect = (column) => {
        let product = 0;
        for (let i = at; i < rows; i++) product += v[i - at] * column[i];
        const factor = 2 * product / length;
        for (let i = at; i < rows; i++) column[i] -= factor * v[i - at];
      };
      for (let l = j; l < A.length; l++) reflect(A[l]);
      reflect(b);
      pivots.push(j);
      at++;
    }
    const solution = new Array(A.length).fill(0);
    for (let r = pivots.length - 1; r >= 0; r--) {
      let sum = b[r];
      for (let l = r + 1; l < pivots.length; l++) sum -= A[pivots[l]][r] * solution[pivots[l]];
      solution[pivots[r]] = sum / A[pivots[r]][r];
    }
    return { solution, rank: pivots.length };
  }
  function dot(x, y) {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
    return sum;
  }
  function combination(points, weights) {
    const sum = new Float64Array(points[0].length);
    points.forEach((p, ell) => p.forEach((value, i) => sum[i] += weights[ell] * value));
    return sum;
  }

  // src/engine/selection.ts
  var MOST_TASKS = 12;
  var TIE = 1e-10;
  function read({ sigma, tasks }) {
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
  function readWeights(weights, tasks) {
    const found = Float64Array.from(weights);
    const sum = found.reduce((a, b) => a + b, 0);
    if (found.length !== tasks || found.some((w) => !(w >= 0)) || Math.abs(sum - 1) > 1e-9) {
      throw refused("weights", `[${Array.from(found).join(", ")}]`, `not ${tasks} probabilities`, "make them ≥ 0 with sum 1");
    }
    return found.map((w) => w / sum);
  }
  function pooledSpectrum(problem, weights) {
    const { tasks } = read(problem);
    return combination(tasks, readWeights(weights, tasks.length));
  }
  function pooledProblem(problem, weights, rest) {
    return { ...rest, lambda: pooledSpectrum(problem, weights), sigma: problem.sigma };
  }
  function selectionObjective(problem, weights) {
    const { ratios } = read(problem);
    return objectiveAt(ratios, readWeights(weights, ratios.length));
  }
  function objectiveAt(ratios, weights) {
    const mismatch = combination(
      ratios.map((ratio) => ratio.map((x) => 1 - x)),
      weights
    );
    const slopes = Float64Array.from(ratios, (ratio) => -2 * dot(ratio, mismatch));
    const least = slopes.reduce((a, b) => Math.min(a, b));
    let gap = 0;
    slopes.forEach((g, ell) => gap += weights[ell] * (g - least));
    const value = dot(mismatch, mismatch);
    return { value, slopes, gap, mismatch, safe: value <= 0.25 };
  }
  function solveSelection(problem) {
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
    return { weights, value, gap, support, isUnique, sentence: sentence3(weights, value, isUnique) };
  }
  function trainedTasks(problem, n) {
    const { tasks } = read(problem);
    const trained = tasks.map((lambda) => gammaSpectrum({ lambda, n, m: Infinity }).gamma);
    return { sigma: problem.sigma, tasks: trained };
  }
  function correctedSelection(problem, n) {
    return solveSelection(trainedTasks(problem, n));
  }
  function optimalVertices(points, best, first) {
    const scale = points.reduce((a, p) => Math.max(a, dot(p, p)), 0);
    const norm = dot(best, best);
    const face = Array.from(points.keys()).filter((ell) => dot(best, points[ell]) - norm <= TIE * scale);
    const homogeneous = (p) => Float64Array.of(...p.map((x) => x / Math.sqrt(scale || 1)), 1);
    const columns = face.map((ell) => homogeneous(points[ell]));
    const right = homogeneous(best);
    if (leastSquares(columns, right).rank === face.length) return [first];
    const vertices = [];
    for (let mask = 1; mask < 2 ** face.length; mask++) {
      const members = face.filter((_, i) => mask & 1 << i);
      const chosen = columns.filter((_, i) => mask & 1 << i);
      const { solution, rank } = leastSquares(chosen, right);
      if (rank < chosen.length || solution.some((alpha) => alpha <= TIE)) continue;
      const rest = combination(chosen, solution).map((x, i) => x - right[i]);
      if (Math.sqrt(dot(rest, rest)) > TIE) continue;
      const weights = new Float64Array(points.length);
      members.forEach((ell, i) => weights[ell] = solution[i]);
      vertices.push(weights);
    }
    return vertices.length > 0 ? vertices : [first];
  }
  function sentence3(weights, value, isUnique) {
    const used = Array.from(weights.keys()).filter((ell) => weights[ell] >= 5e-4);
    const parts = used.map((ell) => `${Math.round(1e3 * weights[ell]) / 10}% to task ${ell + 1}`);
    const listed = parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}` : parts[0];
    const ties = isUnique ? "" : " (other weights do as well; these are the smallest)";
    return `The surrogate objective is least, at ${short(value)}, with ${listed}${ties}.`;
  }
  function projectToSimplex(numbers) {
    const given = Float64Array.from(numbers, (x) => Number.isFinite(x) ? x : 0);
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
  function withWeight(weights, ell, value) {
    const next = Float64Array.from(weights);
    if (next.length === 1) return Float64Array.of(1);
    const chosen = Math.min(1, Math.max(0, value));
    const others = next.reduce((sum, w, i) => i === ell ? sum : sum + w, 0);
    return next.map((w, i) => {
      if (i === ell) return chosen;
      return others > 0 ? w / others * (1 - chosen) : (1 - chosen) / (next.length - 1);
    });
  }

  // src/engine/selfcheck.ts
  var TOLERANCE = 1e-12;
  function selfcheck(table, tolerance = TOLERANCE) {
    const failures = [];
    let total = 0;
    let agreed = 0;
    let worst = 0;
    let worstCase = "";
    const cases = table?.format === 1 && Array.isArray(table.cases) ? table.cases : [];
    if (cases.length === 0) failures.push("There is no table of values to check against.");
    for (const one of cases) {
      let found = [];
      try {
        found = recomputed(one);
      } catch (error) {
        failures.push(`${one?.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
      const expected = Array.isArray(one?.values) ? one.values : [];
      if (expected.length === 0) failures.push(`${one?.name}: no values to compare with.`);
      let off = 0;
      for (let i = 0; i < Math.max(found.length, expected.length); i++) {
        total++;
        const difference = relativeDifference(found[i], expected[i]);
        if (difference <= tolerance) agreed++;
        else off++;
        if (!(difference <= worst)) [worst, worstCase] = [difference, one.name];
      }
      if (off > 0) failures.push(`${one.name}: ${off} of ${Math.max(found.length, expected.length)} values differ.`);
    }
    const ok = failures.length === 0 && agreed === total && total > 0;
    const sentence4 = ok ? `${agreed} of ${total} values agree with the exact ones from Python (largest relative difference ${worst.toExponential(1)}).` : `Self-check failed: ${total - agreed} of ${total} values differ from Python's. Do not trust the numbers on this page.`;
    return { ok, total, agreed, cases: cases.length, worst, worstCase, tolerance, failures, sentence: sentence4 };
  }
  function relativeDifference(found, expected) {
    if (typeof found !== "number" || typeof expected !== "number") return Infinity;
    if (!Number.isFinite(found) || !Number.isFinite(expected)) return Infinity;
    if (expected === 0) return Math.abs(found);
    return Math.abs(found - expected) / Math.abs(expected);
  }
  function recomputed(one) {
    switch (one.kind) {
      case "gamma": {
        const { gamma, ratio, factor } = gammaSpectrum(problemOf(one));
        return [...gamma, ...ratio, ...factor, taskHardness(problemOf(one))];
      }
      case "curve": {
        const steps2 = one.values.length - 1;
        return expectedError({ problem: problemOf(one), steps: steps2, rung: present(one.rung, "rung") }).values;
      }
      case "edges": {
        const { lower, upper, atom } = spectralEdges(problemOf(one));
        return [lower, upper, atom];
      }
      case "floor": {
        const { floor, rate } = phase(problemOf(one));
        return [floor ?? NaN, rate];
      }
      case "frontier": {
        const rung = present(one.rung, "rung");
        const steps2 = present(one.steps, "steps");
        const { points } = frontier({ problem: problemOf(one), error: present(one.error, "error"), steps: steps2, rung });
        return points.map((point) => point.n ?? NaN);
      }
      case "selection": {
        const question = { sigma: present(one.sigma, "sigma"), tasks: present(one.tasks, "tasks") };
        const { weights, value } = solveSelection(question);
        return [...weights, value];
      }
      case "objective": {
        const question = { sigma: present(one.sigma, "sigma"), tasks: present(one.tasks, "tasks") };
        const { value, slopes } = selectionObjective(question, present(one.weights, "weights"));
        return [value, ...slopes];
      }
      default:
        throw new Error(`a case of unknown kind ${JSON.stringify(one.kind)}`);
    }
  }
  function present(value, name) {
    if (value === void 0) throw new Error(`${name} is missing`);
    return value;
  }
  function problemOf(one) {
    const given = present(one.problem, "problem");
    return {
      lambda: given.lambda,
      sigma: given.sigma ?? void 0,
      prior: given.prior ?? void 0,
      n: given.n,
      m: given.m ?? Infinity,
      noiseVar: given.noise_var,
      metric: given.metric
    };
  }

  // src/shell/dom.ts
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(name, value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }
  function byId(id) {
    const found = document.getElementById(id);
    if (!found) throw new Error(`the page has no element “${id}”`);
    return found;
  }
  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = element("textarea", { readonly: true, class: "away", "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }
  function download(name, content) {
    const url = URL.createObjectURL(content);
    const link = element("a", { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 1e4);
  }

  // src/shell/drawing.ts
  var FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
  var CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false, showTips: false };
  var EXPORT_SIZE = { width: 960, height: 600 };
  function merged(under, over) {
    const result = { ...under };
    for (const [key, value] of Object.entries(over)) {
      const below = result[key];
      const plain = (x) => typeof x === "object" && x !== null && !Array.isArray(x);
      result[key] = plain(below) && plain(value) ? merged(below, value) : value;
    }
    return result;
  }
  function axis(colours) {
    return {
      color: colours.ink,
      gridcolor: colours.grid,
      linecolor: colours.muted,
      tickcolor: colours.muted,
      zeroline: false,
      showline: true,
      ticks: "outside",
      ticklen: 4,
      automargin: true,
      exponentformat: "power",
      title: { standoff: 8, font: { size: 14 } }
    };
  }
  function dressed(layout, colours, narrow) {
    const base = {
      font: { family: FONT, size: narrow ? 12 : 14, color: colours.ink },
      paper_bgcolor: colours.paper,
      plot_bgcolor: colours.paper,
      margin: narrow ? { l: 48, r: 10, t: 10, b: 44 } : { l: 64, r: 20, t: 16, b: 56 },
      hovermode: "x unified",
      hoverlabel: { bgcolor: colours.paper, bordercolor: colours.muted, font: { color: colours.ink } },
      legend: { orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom", font: { size: narrow ? 11 : 13 } },
      dragmode: false,
      autosize: true
    };
    for (const name of /* @__PURE__ */ new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))])) {
      base[name] = axis(colours);
    }
    return merged(base, layout);
  }
  var Drawing = class {
    constructor(place, colours, narrow) {
      this.place = place;
      this.colours = colours;
      this.narrow = narrow;
      this.last = null;
      /** Set while the last drawing is on the screen. */
      this.drawn = Promise.resolve();
    }
    /** Draw; before plotly has run, remember what to draw. */
    draw(picture) {
      this.last = picture;
      if (!globalThis.Plotly) return;
      const layout = dressed(picture.layout, this.colours(), this.narrow());
      const { height } = picture.layout;
      this.place.classList.remove("waiting");
      this.place.classList.toggle("tall", height !== void 0);
      this.place.style.height = height === void 0 ? "" : `${height}px`;
      this.drawn = globalThis.Plotly.react(this.place, picture.data, layout, CONFIG);
    }
    /** Draw again: the theme or the width has changed, or plotly has come. */
    again() {
      if (this.last) this.draw(this.last);
    }
    /** Take the picture away. */
    clear() {
      if (this.last) this.draw({ data: [], layout: { xaxis: { visible: false }, yaxis: { visible: false } } });
      this.last = null;
    }
    /** The picture as a file, with a heading and a caption, at a size for a page or a slide. */
    async file(format, heading, caption2) {
      if (!globalThis.Plotly || !this.last) throw new Error("There is no picture yet.");
      const colours = this.colours();
      const own = this.last.layout;
      const layout = merged(dressed(this.last.layout, colours, false), {
        ...EXPORT_SIZE,
        autosize: false,
        margin: { t: Math.max(96, (own.margin?.t ?? 0) + 64), b: 96, l: 72, r: 32 },
        title: { text: heading, x: 0.02, xanchor: "left", y: 0.97, yanchor: "top", font: { size: 20 } }
      });
      const small = { text: caption2, showarrow: false, xref: "paper", yref: "paper", x: 0, y: 0, yshift: -84 };
      const look = { xanchor: "left", yanchor: "bottom", font: { size: 12, color: colours.muted } };
      const given = layout["annotations"] ?? [];
      layout["annotations"] = [...given, { ...small, ...look }];
      const picture = { data: this.last.data, layout, config: CONFIG };
      const url = await globalThis.Plotly.toImage(picture, { format, scale: format === "png" ? 2 : 1, ...EXPORT_SIZE });
      return fromDataUrl(url);
    }
  };
  function fromDataUrl(url) {
    const comma = url.indexOf(",");
    const [head, body] = [url.slice(0, comma), url.slice(comma + 1)];
    const type = head.slice(5).split(/[;,]/)[0] ?? "";
    if (!head.includes("base64")) return new Blob([decodeURIComponent(body)], { type });
    return new Blob([Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0))], { type });
  }

  // src/shell/examples.ts
  var EXAMPLES = [
    {
      title: "Thinking helps",
      link: "view=curves&train=power:50:0.5&test=same&n=50&m=500&k=8&metric=estimation&noise=0&rungs=population,exact,proportional"
    },
    {
      title: "The law that fails",
      link: "view=curves&train=power:50:0.5&test=same&n=50&m=100&k=10&metric=estimation&noise=0&rungs=population,exact,proportional"
    },
    {
      title: "Overthinking",
      link: "view=skills&train=power:30:1&test=tilt:1:1&n=200&m=400&k=12&metric=estimation&noise=0"
    },
    {
      title: "A floor: m < d",
      link: "view=curves&train=iso:50&test=same&n=10&m=30&k=60&metric=estimation&noise=0&rungs=population,proportional"
    },
    {
      title: "Think more, train less",
      link: "view=tradeoff&train=power:50:0.5&test=same&n=50&m=2000&k=16&metric=estimation&noise=0&target=0.1&rungs=population,exact,proportional"
    },
    {
      title: "Noisy labels",
      link: "view=curves&train=power:50:0.5&test=same&n=50&m=500&k=12&metric=estimation&noise=1&rungs=population,exact,proportional"
    }
  ];

  // src/shell/spectra.ts
  var MOST_SKILLS = 400;
  var DIGITS = 12;
  var WORDS = "use iso:D, power:D:ALPHA[:SCALE], spiked:D:SPIKE,…[:BULK] or a list such as 1, 0.5, 0.25";
  var Refusal = class extends Error {
  };
  function short2(value) {
    return Number(value.toPrecision(DIGITS));
  }
  function dimension(spectrum2) {
    return spectrum2.family === "list" ? spectrum2.values.length : spectrum2.d;
  }
  function eigenvalues(spectrum2) {
    switch (spectrum2.family) {
      case "iso":
        return new Float64Array(spectrum2.d).fill(spectrum2.scale);
      case "power":
        return Float64Array.from({ length: spectrum2.d }, (_, i) => spectrum2.scale * (i + 1) ** -spectrum2.alpha);
      case "spiked":
        return Float64Array.from({ length: spectrum2.d }, (_, i) => i < spectrum2.spikes ? spectrum2.height : spectrum2.bulk);
      case "list":
        return Float64Array.from(spectrum2.values);
    }
  }
  function last(value) {
    return value === 1 ? "" : `:${value}`;
  }
  function wordOf(spectrum2) {
    switch (spectrum2.family) {
      case "iso":
        return `iso:${spectrum2.d}${last(spectrum2.scale)}`;
      case "power":
        return `power:${spectrum2.d}:${spectrum2.alpha}${last(spectrum2.scale)}`;
      case "spiked":
        return `spiked:${spectrum2.d}:${Array(spectrum2.spikes).fill(spectrum2.height).join(",")}${last(spectrum2.bulk)}`;
      case "list":
        return `diag:${spectrum2.values.join(",")}`;
    }
  }
  function parseNumber(text) {
    const [above, below, ...rest] = text.trim().split("/");
    const one = (part) => part !== void 0 && /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(part) ? Number(part) : NaN;
    if (rest.length > 0) return NaN;
    return below === void 0 ? one(above) : one(above) / one(below);
  }
  function positive(text, what) {
    const value = parseNumber(text);
    if (!Number.isFinite(value) || value <= 0) {
      throw new Refusal(`${what} is “${text.trim().slice(0, 40)}”, which is no positive number; give one such as 0.5.`);
    }
    return value;
  }
  function count(text) {
    const value = Number(text);
    if (!/^\s*\d+\s*$/.test(text) || value < 1 || value > MOST_SKILLS) {
      throw new Refusal(`The dimension is “${text.slice(0, 40)}”; give a whole number from 1 to ${MOST_SKILLS}.`);
    }
    return value;
  }
  function parseList(text) {
    const cells = text.replace(/[[\]()]/g, " ").split(/[\s,;]+/).filter((cell) => cell !== "");
    if (cells.length === 0) throw new Refusal("The list of eigenvalues is empty; paste numbers such as 1, 0.5, 0.25.");
    if (cells.length > MOST_SKILLS) {
      throw new Refusal(`The list holds ${cells.length} eigenvalues, and the page takes ${MOST_SKILLS}; use Python beyond.`);
    }
    return cells.map((cell, i) => positive(cell, `Eigenvalue ${i + 1}`));
  }
  function parseSpectrum(text) {
    const [family = "", ...parts] = text.trim().split(":");
    if (parts.length === 0) return { family: "list", values: parseList(text) };
    if (family === "diag" && parts.length === 1) return { family: "list", values: parseList(parts[0] ?? "") };
    const [d = "", second, third] = parts;
    if (family === "iso" && parts.length <= 2) {
      return { family, d: count(d), scale: second === void 0 ? 1 : positive(second, "The scale") };
    }
    if (family === "power" && second !== void 0 && parts.length <= 3) {
      const alpha = parseNumber(second);
      if (!Number.isFinite(alpha) || Math.abs(alpha) > 20) {
        throw new Refusal(`The exponent is “${second.slice(0, 40)}”; give a number from −20 to 20.`);
      }
      return { family, d: count(d), alpha, scale: third === void 0 ? 1 : positive(third, "The scale") };
    }
    if (family === "spiked" && second !== void 0 && parts.length <= 3) {
      const size = count(d);
      const heights = second.split(",").map((cell) => positive(cell, "A spike"));
      const bulk = third === void 0 ? 1 : positive(third, "The bulk");
      if (heights.length > size) throw new Refusal(`There are ${heights.length} spikes for d = ${size}; use fewer.`);
      const height = heights[0] ?? 1;
      if (heights.every((value) => value === height)) return { family, d: size, spikes: heights.length, height, bulk };
      return { family: "list", values: [...heights, ...Array(size - heights.length).fill(bulk)] };
    }
    throw new Refusal(`“${text.trim().slice(0, 40)}” is no spectrum; ${WORDS}.`);
  }
  function tilted(train, tilt, scale) {
    const lambda = eigenvalues(train);
    const top = Math.max(...lambda);
    const power = (value) => (value / top) ** (1 - tilt);
    let before = 0;
    let after = 0;
    for (const value of lambda) {
      before += value;
      after += power(value);
    }
    const factor = scale * before / after;
    switch (train.family) {
      case "iso":
        return { family: "iso", d: train.d, scale: short2(scale * train.scale) };
      case "power": {
        const first = factor * power(train.scale);
        return { family: "power", d: train.d, alpha: short2(train.alpha * (1 - tilt)), scale: short2(first) };
      }
      case "spiked": {
        const height = short2(factor * power(train.height));
        return { ...train, height, bulk: short2(factor * power(train.bulk)) };
      }
      case "list":
        return { family: "list", values: train.values.map((value) => short2(factor * power(value))) };
    }
  }
  function testSpectrum(train, shift) {
    if (shift.kind === "same" || shift.kind === "tilt" && shift.tilt === 0 && shift.scale === 1) return null;
    if (shift.kind === "tilt") return tilted(train, shift.tilt, shift.scale);
    const [inTraining, inTest] = [dimension(train), dimension(shift.spectrum)];
    if (inTraining !== inTest) {
      throw new Refusal(`The test has ${inTest} skills and training ${inTraining}; give Σ ${inTraining} eigenvalues.`);
    }
    return shift.spectrum;
  }

  // src/shell/number_control.ts
  function decades(marks, first, last2) {
    const values = [];
    for (let decade = first; decade < last2; decade++) {
      for (const mark of marks) values.push(Number((mark * 10 ** decade).toPrecision(6)));
    }
    return [...values, Number((10 ** last2).toPrecision(6))];
  }
  function steps(low, high, step) {
    const count2 = Math.round((high - low) / step);
    return Array.from({ length: count2 + 1 }, (_, i) => Number((low + i * step).toPrecision(6)));
  }
  function nearest(grid2, value) {
    const scale = grid2[0] !== void 0 && grid2[0] > 0 ? Math.log : (x) => x;
    let best = 0;
    let least = Infinity;
    grid2.forEach((entry, i) => {
      const away = entry === value ? 0 : Math.abs(scale(entry) - scale(value));
      if (away < least) [best, least] = [i, away];
    });
    return best;
  }
  function written(value) {
    return value === Infinity ? "∞" : String(value);
  }
  function readField(text, spec) {
    const endless = spec.grid[spec.grid.length - 1] === Infinity;
    if (endless && /^\s*(∞|inf|infinity)\s*$/i.test(text)) return Infinity;
    const value = parseNumber(text.replace(/,(?=\d{3}\b)/g, "").replace("−", "-"));
    const [low, high] = spec.limits;
    const range = `${low} to ${high}${endless ? ", or inf" : ""}`;
    if (!Number.isFinite(value)) return `Not a number; give one from ${range}.`;
    if (spec.whole && !Number.isInteger(value)) return `Not a whole number; give one from ${range}.`;
    if (value < low || value > high) return `Out of range; give a number from ${range}.`;
    return value;
  }
  var NumberControl = class {
    constructor(spec, change) {
      this.spec = spec;
      const { id, label: label2, symbol, hint, grid: grid2 } = spec;
      this.field = element("input", {
        id,
        class: "field",
        type: "text",
        inputmode: "decimal",
        autocomplete: "off",
        "aria-describedby": `${id}-hint ${id}-complaint`
      });
      this.slider = element("input", {
        id: `${id}-slider`,
        type: "range",
        min: "0",
        max: String(grid2.length - 1),
        step: "1",
        "aria-label": `${label2}, slider`
      });
      this.complaint = element("p", { id: `${id}-complaint`, class: "complaint", role: "alert" });
      const name = element("label", { for: id }, label2, " ", element("var", {}, symbol));
      const text = element("p", { id: `${id}-hint`, class: "hint" }, hint);
      this.row = element("div", { class: "row" }, name, this.field, this.slider, text, this.complaint);
      this.slider.addEventListener("input", () => {
        const value = grid2[Number(this.slider.value)] ?? grid2[0] ?? 0;
        this.field.value = written(value);
        this.complain("");
        change((settings) => spec.set(settings, value));
      });
      this.field.addEventListener("input", () => {
        const value = readField(this.field.value, spec);
        this.complain(typeof value === "string" ? value : "");
        if (typeof value === "number") change((settings) => spec.set(settings, value));
      });
    }
    complain(sentence4) {
      this.complaint.textContent = sentence4;
      if (sentence4) this.field.setAttribute("aria-invalid", "true");
      else this.field.removeAttribute("aria-invalid");
    }
    /** Show what the settings are; a field that is being typed in is left alone. */
    show(settings) {
      const value = this.spec.get(settings);
      this.row.hidden = value === null;
      if (value === null) return;
      if (document.activeElement !== this.field) {
        this.field.value = written(value);
        this.complain("");
      }
      this.slider.value = String(nearest(this.spec.grid, value));
      this.slider.setAttribute("aria-valuetext", written(value));
    }
  };

  // src/shell/settings.ts
  var RUNGS2 = ["population", "one-step", "exact", "proportional"];
  var LIMITS = {
    d: [1, MOST_SKILLS],
    n: [1, 1e6],
    m: [1, 1e7],
    k: [1, 200],
    noise: [0, 1e6],
    target: [1e-12, 1],
    tilt: [-3, 3],
    scale: [1e-3, 1e3]
  };
  var DEFAULTS = {
    train: { family: "power", d: 50, alpha: 0.5, scale: 1 },
    shift: { kind: "same" },
    n: 50,
    m: 200,
    k: 12,
    metric: "estimation",
    noise: 0,
    rungs: ["population", "exact", "proportional"],
    target: 0.1,
    view: "curves",
    theme: "auto",
    own: {}
  };
  var LINK_VERSION = 1;
  var MOST_OWN = 4e3;
  function shiftWord(shift) {
    switch (shift.kind) {
      case "same":
        return "same";
      case "tilt":
        return `tilt:${shift.tilt}:${shift.scale}`;
      case "own":
        return wordOf(shift.spectrum);
    }
  }
  function writeLink(settings) {
    const entries = [
      ["v", String(LINK_VERSION)],
      ["view", settings.view],
      ["train", wordOf(settings.train)],
      ["test", shiftWord(settings.shift)],
      ["n", String(settings.n)],
      ["m", settings.m === Infinity ? "inf" : String(settings.m)],
      ["k", String(settings.k)],
      ["metric", settings.metric],
      ["noise", String(settings.noise)],
      ["rungs", settings.rungs.join(",")],
      ["target", String(settings.target)]
    ];
    if (settings.theme !== "auto") entries.push(["theme", settings.theme]);
    for (const key of Object.keys(settings.own).sort()) entries.push([key, settings.own[key] ?? ""]);
    const plain = (text) => encodeURIComponent(text).replace(/%3A/g, ":").replace(/%2C/g, ",");
    return entries.map(([key, value]) => `${plain(key)}=${plain(value)}`).join("&");
  }
  function parseShift(text) {
    if (text === "same") return { kind: "same" };
    const [kind, tilt = "", scale = "1", ...rest] = text.split(":");
    if (kind !== "tilt" || rest.length > 0) return { kind: "own", spectrum: parseSpectrum(text) };
    return {
      kind: "tilt",
      tilt: within("tilt", tilt, LIMITS.tilt),
      scale: within("scale", scale, LIMITS.scale)
    };
  }
  function within(name, text, [low, high]) {
    const value = parseNumber(text);
    if (!Number.isFinite(value) || value < low || value > high) {
      throw new Refusal(`${name} is “${text.slice(0, 40)}”; give a number from ${low} to ${high}.`);
    }
    return value;
  }
  function whole(name, text, limits) {
    const value = within(name, text, limits);
    if (!Number.isInteger(value)) throw new Refusal(`${name} is “${text.slice(0, 40)}”; give a whole number.`);
    return value;
  }
  function oneOf(name, text, allowed) {
    const found = allowed.find((word) => word === text);
    if (found === void 0) throw new Refusal(`${name} is “${text.slice(0, 40)}”; use ${allowed.join(" or ")}.`);
    return found;
  }
  var READERS = {
    train: (text) => ({ train: parseSpectrum(text) }),
    test: (text) => ({ shift: parseShift(text) }),
    n: (text) => ({ n: whole("n", text, LIMITS.n) }),
    m: (text) => ({ m: /^(inf|infinity|∞)$/i.test(text) ? Infinity : whole("m", text, LIMITS.m) }),
    k: (text) => ({ k: whole("k", text, LIMITS.k) }),
    metric: (text) => ({ metric: oneOf("metric", text, ["estimation", "prediction"]) }),
    noise: (text) => ({ noise: within("noise", text, LIMITS.noise) }),
    rungs: (text) => {
      const wanted = text === "" ? [] : text.split(",").map((word) => oneOf("rungs", word, RUNGS2));
      return { rungs: RUNGS2.filter((rung) => wanted.includes(rung)) };
    },
    target: (text) => ({ target: within("target", text, LIMITS.target) }),
    view: (text) => ({ view: text }),
    theme: (text) => ({ theme: oneOf("theme", text, ["auto", "light", "dark"]) })
  };
  function decoded(text) {
    try {
      return decodeURIComponent(text.replace(/\+/g, " "));
    } catch {
      return text;
    }
  }
  function readLink(link, base, views) {
    const notes = [];
    let settings = base;
    const own = { ...base.own };
    for (const part of link.replace(/^#/, "").split("&")) {
      if (part === "") continue;
      const at = part.indexOf("=");
      const key = decoded(at < 0 ? part : part.slice(0, at));
      const value = at < 0 ? "" : decoded(part.slice(at + 1));
      const reader = Object.keys(READERS).includes(key) ? READERS[key] : void 0;
      try {
        if (key === "v") {
          if (Number(value) !== LINK_VERSION) {
            notes.push(`The link is of version ${value.slice(0, 10)}, this page of ${LINK_VERSION}: it may be read amiss.`);
          }
        } else if (key === "view" && !views.includes(value)) {
          notes.push(`The link asks for the view “${value.slice(0, 40)}”, which this page does not have.`);
        } else if (reader) {
          settings = { ...settings, ...reader(value) };
        } else if (/^[a-z]+\.[a-zA-Z]+$/.test(key) && value.length <= MOST_OWN) {
          own[key] = value;
        } else {
          notes.push(`The link sets “${key.slice(0, 40)}”, which this page does not know.`);
        }
      } catch (problem) {
        if (!(problem instanceof Refusal)) throw problem;
        notes.push(`In the link, ${problem.message} It was left as it is.`);
      }
    }
    return { settings: { ...settings, own }, notes };
  }

  // src/shell/numbers.ts
  var FINE = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
  var COARSE = [1, 1.5, 2, 3, 5, 7];
  var COUNTS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  var SPECTRUM_NUMBERS = [
    {
      id: "d",
      label: "Skills",
      symbol: "d",
      hint: "Dimension: one eigenvalue of Λ for each skill.",
      grid: [...steps(1, 19, 1), ...steps(20, 48, 2), ...steps(50, 100, 5), ...steps(110, 200, 10)],
      limits: [...LIMITS.d],
      whole: true,
      get: ({ train }) => train.family === "list" ? null : train.d,
      set: (settings, d) => {
        const { train } = settings;
        if (train.family === "list") return settings;
        if (train.family === "spiked") return { ...settings, train: { ...train, d, spikes: Math.min(train.spikes, d) } };
        return { ...settings, train: { ...train, d } };
      }
    },
    {
      id: "alpha",
      label: "Decay",
      symbol: "α",
      hint: "λᵢ ∝ i⁻ᵅ: the larger, the weaker the last skills.",
      grid: steps(0, 3, 0.05),
      limits: [-10, 10],
      whole: false,
      get: ({ train }) => train.family === "power" ? train.alpha : null,
      set: (settings, alpha) => settings.train.family === "power" ? { ...settings, train: { ...settings.train, alpha } } : settings
    },
    {
      id: "spikes",
      label: "Strong skills",
      symbol: "r",
      hint: "How many eigenvalues stand out.",
      grid: steps(1, 20, 1),
      limits: [1, MOST_SKILLS],
      whole: true,
      get: ({ train }) => train.family === "spiked" ? train.spikes : null,
      set: (settings, spikes) => {
        const { train } = settings;
        return train.family === "spiked" ? { ...settings, train: { ...train, spikes: Math.min(spikes, train.d) } } : settings;
      }
    },
    {
      id: "height",
      label: "Their strength",
      symbol: "h",
      hint: "Eigenvalue of each strong skill.",
      grid: decades(FINE, 0, 3),
      limits: [1e-6, 1e6],
      whole: false,
      get: ({ train }) => train.family === "spiked" ? train.height : null,
      set: (settings, height) => settings.train.family === "spiked" ? { ...settings, train: { ...settings.train, height } } : settings
    },
    {
      id: "train-scale",
      label: "Scale",
      symbol: "c",
      hint: "Multiplies Λ; of a spiked spectrum, the other eigenvalues.",
      grid: decades(COARSE, -2, 2),
      limits: [1e-6, 1e6],
      whole: false,
      get: ({ train }) => train.family === "list" ? null : train.family === "spiked" ? train.bulk : train.scale,
      set: (settings, value) => {
        const { train } = settings;
        if (train.family === "list") return settings;
        if (train.family === "spiked") return { ...settings, train: { ...train, bulk: value } };
        return { ...settings, train: { ...train, scale: value } };
      }
    }
  ];
  var TRAINING_NUMBERS = [
    {
      id: "n",
      label: "Examples in a training prompt",
      symbol: "n",
      hint: "The ridge tr Λ/n in Γ shrinks as n grows.",
      grid: [...COUNTS, ...decades(FINE, 1, 4)],
      limits: [...LIMITS.n],
      whole: true,
      get: (settings) => settings.n,
      set: (settings, n) => ({ ...settings, n })
    }
  ];
  var SHIFT_NUMBERS = [
    {
      id: "tilt",
      label: "Tilt",
      symbol: "s",
      hint: "Σ ∝ Λ¹⁻ˢ: 0 the same skills, 1 equal skills, 2 the weak and the strong change places.",
      grid: steps(-1, 2, 0.05),
      limits: [...LIMITS.tilt],
      whole: false,
      get: ({ shift }) => shift.kind === "tilt" ? shift.tilt : null,
      set: (settings, tilt) => settings.shift.kind === "tilt" ? { ...settings, shift: { ...settings.shift, tilt } } : settings
    },
    {
      id: "test-scale",
      label: "Scale of the test",
      symbol: "tr Σ/tr Λ",
      hint: "The same skills, asked for more or less strongly.",
      grid: decades(FINE, -1, 1),
      limits: [...LIMITS.scale],
      whole: false,
      get: ({ shift }) => shift.kind === "tilt" ? shift.scale : null,
      set: (settings, scale) => settings.shift.kind === "tilt" ? { ...settings, shift: { ...settings.shift, scale } } : settings
    }
  ];
  var TEST_NUMBERS = [
    {
      id: "m",
      label: "Examples in the test prompt",
      symbol: "m",
      hint: "All the way to the right: an endless prompt, m = ∞.",
      grid: [...COUNTS, ...decades(FINE, 1, 5), Infinity],
      limits: [...LIMITS.m],
      whole: true,
      get: (settings) => settings.m,
      set: (settings, m) => ({ ...settings, m })
    },
    {
      id: "noise",
      label: "Label noise",
      symbol: "σ²",
      hint: "Variance of the noise on the test labels.",
      grid: [0, ...decades(FINE, -3, 1)],
      limits: [...LIMITS.noise],
      whole: false,
      get: (settings) => settings.noise,
      set: (settings, noise2) => ({ ...settings, noise: noise2 })
    }
  ];
  var THINKING_NUMBERS = [
    {
      id: "k",
      label: "Steps of thought",
      symbol: "k",
      hint: "Curves run from 0 to k; the exact mean as far as 8.",
      grid: [...steps(1, 20, 1), 25, 30, 40, 50, 60, 80, 100, 150, 200],
      limits: [...LIMITS.k],
      whole: true,
      get: (settings) => settings.k,
      set: (settings, k) => ({ ...settings, k })
    },
    {
      id: "target",
      label: "Target error",
      symbol: "ε/E₀",
      hint: "As a share of the error before any thinking.",
      grid: decades(FINE, -6, 0),
      limits: [...LIMITS.target],
      whole: false,
      get: (settings) => settings.view === "tradeoff" ? settings.target : null,
      set: (settings, target) => ({ ...settings, target })
    }
  ];

  // src/shell/form.ts
  var FAMILIES = [
    ["power", "power law"],
    ["iso", "all equal"],
    ["spiked", "a few strong skills"],
    ["list", "a list of eigenvalues"]
  ];
  var KINDS = [
    ["same", "the same as in training"],
    ["tilt", "tilted or rescaled"],
    ["own", "a list of eigenvalues"]
  ];
  var METRICS = [
    ["estimation", "of the weights, E‖w − w*‖²"],
    ["prediction", "on a fresh query"]
  ];
  var RUNG_NAMES = {
    population: "population law, m → ∞",
    "one-step": "one step, closed form",
    exact: "exact mean",
    proportional: "proportional limit"
  };
  var SHORT_NAMES = {
    population: "population",
    "one-step": "one step",
    exact: "exact",
    proportional: "proportional"
  };
  var MOST_FILE = 1e6;
  function asFamily(train, family) {
    const d = dimension(train);
    switch (family) {
      case "iso":
        return { family, d, scale: 1 };
      case "power":
        return { family, d, alpha: 0.5, scale: 1 };
      case "spiked":
        return { family, d, spikes: Math.min(3, d), height: 10, bulk: 1 };
      case "list":
        return { family, values: Array.from(eigenvalues(train), short2) };
    }
  }
  function asKind(settings, kind) {
    switch (kind) {
      case "same":
        return { kind };
      case "tilt":
        return { kind, tilt: 1, scale: 1 };
      case "own":
        return { kind, spectrum: asFamily(settings.train, "list") };
    }
  }
  function listText(spectrum2) {
    return spectrum2.family === "list" ? spectrum2.values.join(", ") : wordOf(spectrum2);
  }
  var ListBox = class {
    constructor(id, label2, apply) {
      this.area = element("textarea", { id, rows: "4", spellcheck: "false", "aria-describedby": `${id}-complaint` });
      this.complaint = element("p", { id: `${id}-complaint`, class: "complaint", role: "alert" });
      const file = element("input", { type: "file", id: `${id}-file`, accept: ".txt,.csv,.json,text/plain", class: "file" });
      const read2 = () => {
        try {
          apply(parseSpectrum(this.area.value));
          this.complain("");
        } catch (problem) {
          if (!(problem instanceof Refusal)) throw problem;
          this.complain(problem.message);
        }
      };
      this.area.addEventListener("input", read2);
      file.addEventListener("change", () => {
        const chosen = file.files?.[0];
        if (!chosen) return;
        if (chosen.size > MOST_FILE) {
          this.complain(`${chosen.name} is larger than a list of eigenvalues; choose a text file of numbers.`);
          return;
        }
        void chosen.text().then((text) => {
          this.area.value = text.trim();
          read2();
        });
      });
      this.row = element(
        "div",
        { class: "row wide" },
        element("label", { for: id }, label2),
        this.area,
        element("label", { for: `${id}-file`, class: "hint" }, "or load them from a file (.txt, .csv, .json):"),
        file,
        this.complaint
      );
    }
    complain(sentence4) {
      this.complaint.textContent = sentence4;
      if (sentence4) this.area.setAttribute("aria-invalid", "true");
      else this.area.removeAttribute("aria-invalid");
    }
    show(spectrum2) {
      this.row.hidden = spectrum2 === null;
      if (spectrum2 === null || document.activeElement === this.area) return;
      this.area.value = listText(spectrum2);
      this.complain("");
    }
  };
  function choice(id, label2, options, chosen) {
    const select = element("select", { id }, ...options.map(([value, text]) => element("option", { value }, text)));
    select.addEventListener("change", () => chosen(select.value));
    return { row: element("div", { class: "row choice" }, element("label", { for: id }, label2), select), select };
  }
  function mountForm(place, change) {
    const numbers = [];
    const rows = (specs) => specs.map((spec) => {
      const control = new NumberControl(spec, change);
      numbers.push(control);
      return control.row;
    });
    const family = choice(
      "family",
      "Spectrum of Λ",
      FAMILIES,
      (value) => change((settings) => ({ ...settings, train: asFamily(settings.train, value) }))
    );
    const trainList = new ListBox(
      "train-list",
      "Eigenvalues of Λ",
      (train) => change((settings) => ({ ...settings, train: { family: "list", values: Array.from(eigenvalues(train)) } }))
    );
    const kind = choice(
      "kind",
      "Skills of the test",
      KINDS,
      (value) => change((settings) => ({ ...settings, shift: asKind(settings, value) }))
    );
    const testList = new ListBox(
      "test-list",
      "Eigenvalues of Σ, in the order of Λ’s",
      (spectrum2) => change((settings) => ({ ...settings, shift: { kind: "own", spectrum: spectrum2 } }))
    );
    const metric = choice("metric", "Error", METRICS, (value) => change((settings) => ({ ...settings, metric: value })));
    const boxes = RUNGS2.map((rung) => {
      const box = element("input", { type: "checkbox", id: `rung-${rung}` });
      box.addEventListener(
        "change",
        () => change((settings) => ({
          ...settings,
          rungs: RUNGS2.filter((other) => other === rung ? box.checked : settings.rungs.includes(other))
        }))
      );
      return { rung, box };
    });
    const rungs = element(
      "div",
      { class: "rungs", role: "group", "aria-label": "Curves" },
      ...boxes.map(
        ({ rung, box }) => element("label", { class: `rung ${rung}`, for: box.id }, box, element("span", {}, RUNG_NAMES[rung]))
      )
    );
    const group = (title, ...parts) => element("fieldset", {}, element("legend", {}, title), ...parts);
    place.append(
      group("Training", family.row, ...rows(SPECTRUM_NUMBERS), trainList.row, ...rows(TRAINING_NUMBERS)),
      group("Test", kind.row, ...rows(SHIFT_NUMBERS), testList.row, ...rows(TEST_NUMBERS)),
      group("Thinking", ...rows(THINKING_NUMBERS), metric.row, rungs)
    );
    return (settings) => {
      for (const control of numbers) control.show(settings);
      family.select.value = settings.train.family;
      kind.select.value = settings.shift.kind;
      metric.select.value = settings.metric;
      trainList.show(settings.train.family === "list" ? settings.train : null);
      testList.show(settings.shift.kind === "own" ? settings.shift.spectrum : null);
      for (const { rung, box } of boxes) box.checked = settings.rungs.includes(rung);
    };
  }

  // src/shell/palette.ts
  var LIGHT = palette(false, {
    ink: "#1d1f21",
    muted: "#565a5f",
    grid: "#e4e2dc",
    paper: "#fffefb",
    blue: "#0072b2",
    vermillion: "#d55e00",
    green: "#009e73",
    purple: "#aa4499",
    orange: "#e69f00",
    sky: "#56b4e9"
  });
  var DARK = palette(true, {
    ink: "#ecebe6",
    muted: "#a9adb3",
    grid: "#33373d",
    paper: "#17191c",
    blue: "#4da6e0",
    vermillion: "#ff8a45",
    green: "#2fc89b",
    purple: "#d98bcb",
    orange: "#f2b63c",
    sky: "#9bd4f5"
  });
  function palette(dark, colours) {
    const { blue, vermillion, green, purple, orange, sky } = colours;
    return { dark, ...colours, cycle: [blue, vermillion, green, purple, orange, sky] };
  }

  // src/shell/problem.ts
  function problemOf2(settings) {
    const test = testSpectrum(settings.train, settings.shift);
    return {
      lambda: eigenvalues(settings.train),
      sigma: test === null ? void 0 : eigenvalues(test),
      n: settings.n,
      m: settings.m,
      noiseVar: settings.noise,
      metric: settings.metric
    };
  }
  function spectraOptions(settings) {
    const test = testSpectrum(settings.train, settings.shift);
    return `--train ${wordOf(settings.train)}` + (test === null ? "" : ` --test ${wordOf(test)}`);
  }
  function promptOption(settings) {
    return settings.m === Infinity ? "" : ` -m ${settings.m}`;
  }
  function metricOption(settings) {
    return settings.metric === "estimation" ? "" : ` --metric ${settings.metric}`;
  }
  function noiseOption(settings) {
    return settings.noise === 0 ? "" : ` --noise ${settings.noise}`;
  }
  function problemOptions(settings) {
    return `${spectraOptions(settings)} -n ${settings.n}${promptOption(settings)}${noiseOption(settings)}`;
  }
  function pythonSpectrum(spectrum2) {
    const last2 = (value) => value === 1 ? "" : `, ${value}`;
    switch (spectrum2.family) {
      case "iso":
        return `tc.isotropic(${spectrum2.d}${last2(spectrum2.scale)})`;
      case "power":
        return `tc.power_law(${spectrum2.d}, ${spectrum2.alpha}${last2(spectrum2.scale)})`;
      case "spiked":
        return `tc.spiked(${spectrum2.d}, [${spectrum2.height}] * ${spectrum2.spikes}${last2(spectrum2.bulk)})`;
      case "list":
        return `[${spectrum2.values.join(", ")}]`;
    }
  }
  function pythonSetup(settings) {
    const test = testSpectrum(settings.train, settings.shift);
    const parts = [pythonSpectrum(settings.train), `n=${settings.n}`];
    if (test !== null) parts.push(`Sigma=${pythonSpectrum(test)}`);
    if (settings.m !== Infinity) parts.push(`m=${settings.m}`);
    if (settings.noise !== 0) parts.push(`noise_var=${settings.noise}`);
    return `import theorycalc as tc

setup = tc.Setup(${parts.join(", ")})
`;
  }
  function pythonMetric(settings) {
    return settings.metric === "estimation" ? "" : `, metric="${settings.metric}"`;
  }
  var NAMES = { iso: "equal skills", power: "a power law", spiked: "a spiked spectrum", list: "a list of skills" };
  function caption(settings) {
    const { train, shift } = settings;
    const family = train.family === "power" ? `λᵢ ∝ i^(−${train.alpha})` : NAMES[train.family];
    const test = shift.kind === "same" ? "Σ = Λ" : shift.kind === "tilt" ? `Σ tilted by ${shift.tilt}, × ${shift.scale}` : "Σ of its own";
    const m = settings.m === Infinity ? "∞" : String(settings.m);
    const noise2 = settings.noise === 0 ? "" : `, noise ${settings.noise}`;
    return `${family}, d = ${dimension(train)}, ${test}, n = ${settings.n}, m = ${m}${noise2}`;
  }

  // src/shell/slices.ts
  var SLICE = 10;
  var Slices = class {
    constructor(pause = nextTask) {
      this.turn = 0;
      this.queue = pause;
    }
    stop() {
      this.turn++;
    }
    /** Run to the end unless stopped; what the work throws goes to `failed`. */
    async run(work, failed) {
      const turn = ++this.turn;
      try {
        for (; ; ) {
          await this.queue();
          if (turn !== this.turn) return false;
          const end = performance.now() + SLICE;
          do {
            if (work.next().done) return true;
          } while (performance.now() < end);
        }
      } catch (problem) {
        if (turn === this.turn) failed(problem);
        return false;
      }
    }
  };
  function nextTask() {
    return new Promise((resolve) => setTimeout(resolve, 0));
  }

  // src/shell/words.ts
  var SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  function spoken(value, digits = 3) {
    if (value === Infinity) return "∞";
    if (value === 0 || !Number.isFinite(value)) return String(value);
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 1e7) return grouped(String(value));
    if (size >= 1e5 || size < 1e-3) {
      const [mantissa = "", exponent = "0"] = value.toExponential(digits - 1).split("e");
      return `${trimmed(mantissa)} × 10${raised(Number(exponent))}`.replace(/^1 × /, "");
    }
    return grouped(trimmed(value.toPrecision(digits).includes("e") ? String(Math.round(value)) : value.toPrecision(digits)));
  }
  function trimmed(text) {
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  }
  function grouped(text) {
    const [whole2 = "", rest] = text.split(".");
    const parts = whole2.length > 4 ? whole2.replace(/\B(?=(\d{3})+$)/g, ",") : whole2;
    return (rest === void 0 ? parts : `${parts}.${rest}`).replace(/^-/, "−");
  }
  function raised(exponent) {
    const digits = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("");
    return (exponent < 0 ? "⁻" : "") + digits;
  }
  function counted(count2, noun) {
    return `${spoken(count2)} ${noun}${count2 === 1 ? "" : "s"}`;
  }
  function joined(parts) {
    if (parts.length < 2) return parts.join("");
    return `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;
  }
  function csv(columns, rows) {
    const cell = (value) => {
      if (value === null) return "";
      const text = value === Infinity ? "inf" : String(value);
      return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
    };
    return [columns, ...rows].map((row) => row.map(cell).join(",") + "\n").join("");
  }

  // src/shell/table.ts
  var MOST_ROWS = 201;
  function tableElement({ columns, rows }, title) {
    const head = element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name)));
    const body = rows.slice(0, MOST_ROWS).map(
      (row) => element(
        "tr",
        {},
        ...row.map((value) => {
          const text = value === null ? "–" : typeof value === "number" ? spoken(value, 6) : value;
          return element("td", value === null ? {} : { "data-value": String(value) }, text);
        })
      )
    );
    const caption2 = rows.length > MOST_ROWS ? `${title}: ${MOST_ROWS} of ${rows.length} rows; the CSV has all` : title;
    return element(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table, ${title}` },
      element("table", {}, element("caption", {}, caption2), element("thead", {}, head), element("tbody", {}, ...body))
    );
  }

  // src/shell/tabs.ts
  var Tabs = class {
    constructor(place, views, chosen) {
      this.views = views;
      this.buttons = views.map(
        (view) => element("button", { type: "button", role: "tab", id: `tab-${view.id}`, "aria-controls": "view" }, view.title)
      );
      this.buttons.forEach((button, i) => {
        button.addEventListener("click", () => chosen(views[i]?.id ?? ""));
        button.addEventListener("keydown", (event) => {
          const last2 = views.length - 1;
          const moves = {
            ArrowRight: i === last2 ? 0 : i + 1,
            ArrowLeft: i === 0 ? last2 : i - 1,
            Home: 0,
            End: last2
          };
          const to = moves[event.key];
          if (to === void 0) return;
          event.preventDefault();
          this.buttons[to]?.focus();
          chosen(views[to]?.id ?? "");
        });
      });
      place.append(...this.buttons);
    }
    show(id) {
      this.buttons.forEach((button, i) => {
        const shown2 = this.views[i]?.id === id;
        button.setAttribute("aria-selected", String(shown2));
        button.tabIndex = shown2 ? 0 : -1;
      });
      document.getElementById("view")?.setAttribute("aria-labelledby", `tab-${id}`);
    }
  };

  // src/shell/app.ts
  var LINK_PAUSE = 200;
  var NARROW = "(max-width: 760px)";
  var App = class {
    // the view has nothing to show
    constructor(views, initial) {
      this.views = views;
      this.slices = new Slices();
      this.dark = window.matchMedia("(prefers-color-scheme: dark)");
      this.narrow = window.matchMedia(NARROW);
      this.asked = false;
      // an update will come with the next frame
      this.written = "";
      // the link that this page wrote last
      this.timer = 0;
      this.failed = false;
      this.drawing = new Drawing(byId("picture"), () => this.palette(), () => this.narrow.matches);
      const names = views.map((view) => view.id);
      const given = readLink(initial, DEFAULTS, names);
      const linked = readLink(location.hash, given.settings, names);
      this.settings = linked.settings;
      this.notes([...given.notes, ...linked.notes]);
      this.showForm = mountForm(byId("form"), (alter) => this.change(alter));
      this.tabs = new Tabs(byId("tabs"), views, (view) => this.change((settings) => ({ ...settings, view })));
      for (const view of views) {
        const place = element("div", { class: "own", hidden: true, id: `own-${view.id}` });
        byId("own").append(place);
        view.mount(place, this.host(view));
      }
      this.mountButtons();
      this.listen();
      this.update();
    }
    get view() {
      const found = this.views.find((view) => view.id === this.settings.view) ?? this.views[0];
      if (!found) throw new Error("the page has no views");
      return found;
    }
    palette() {
      const { theme } = this.settings;
      return theme === "dark" || theme === "auto" && this.dark.matches ? DARK : LIGHT;
    }
    host(view) {
      const shown2 = () => this.view === view;
      return {
        palette: () => this.palette(),
        draw: (picture) => {
          if (shown2()) this.drawing.draw(picture);
        },
        say: (sentence4) => {
          if (shown2()) this.say(sentence4, false);
        },
        refresh: () => {
          if (shown2()) this.refreshTable();
        },
        inSlices: (work) => {
          if (!shown2()) return;
          byId("view").setAttribute("aria-busy", "true");
          void this.slices.run(work, (problem) => this.fail(problem)).then((finished2) => {
            if (finished2) byId("view").setAttribute("aria-busy", "false");
          });
        },
        keep: (key, value) => this.change((settings) => ({ ...settings, own: { ...settings.own, [`${view.id}.${key}`]: value } })),
        kept: (key) => this.settings.own[`${view.id}.${key}`],
        narrow: () => this.narrow.matches
      };
    }
    /** Change the settings; what follows from them is shown with the next frame. */
    change(alter) {
      this.settings = alter(this.settings);
      if (this.asked) return;
      this.asked = true;
      requestAnimationFrame(() => {
        this.asked = false;
        this.update();
      });
    }
    update() {
      const start2 = performance.now();
      const { settings, view } = this;
      this.slices.stop();
      this.failed = false;
      byId("view").setAttribute("aria-busy", "false");
      document.documentElement.dataset["theme"] = settings.theme;
      this.showForm(settings);
      this.tabs.show(view.id);
      for (const other of this.views) byId(`own-${other.id}`).hidden = other !== view;
      const picture = byId("picture");
      picture.setAttribute("aria-label", view.alt);
      try {
        this.say(view.update(settings, problemOf2(settings)), false);
        const snippets = view.snippets(settings);
        byId("command").textContent = snippets.command;
        byId("python").textContent = snippets.python;
      } catch (problem) {
        this.fail(problem);
      }
      this.refreshTable();
      this.labelTheme();
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.writeLink(), LINK_PAUSE);
      performance.clearMeasures("explorer-update");
      performance.measure("explorer-update", { start: start2, end: performance.now() });
    }
    say(sentence4, refused2) {
      const place = byId("sentence");
      place.classList.toggle("refused", refused2);
      if (place.textContent !== sentence4) place.textContent = sentence4;
    }
    /** Show why there is nothing to show; what is no refusal is a bug, and is said to be one. */
    fail(problem) {
      const refusal = problem instanceof Refusal || problem instanceof EngineError;
      const text = problem instanceof Error ? problem.message : String(problem);
      if (!refusal) console.error(problem);
      this.failed = true;
      byId("view").setAttribute("aria-busy", "false");
      byId("command").textContent = "";
      byId("python").textContent = "";
      this.say(refusal ? text : `This page has a bug: ${text}`, true);
      this.drawing.clear();
      this.refreshTable();
    }
    notes(sentences) {
      const place = byId("notes");
      place.hidden = sentences.length === 0;
      place.replaceChildren(...sentences.map((sentence4) => element("p", {}, sentence4)));
    }
    refreshTable() {
      const place = byId("numbers");
      const holder = byId("table");
      for (const id of ["png", "svg", "csv"]) byId(id).disabled = this.failed;
      if (!place.open || this.failed) holder.replaceChildren();
      else holder.replaceChildren(tableElement(this.view.table(), this.view.title));
    }
    writeLink() {
      const link = writeLink(this.settings);
      if (link === this.written) return;
      this.written = link;
      try {
        history.replaceState(null, "", `#${link}`);
      } catch {
        location.hash = link;
      }
    }
    labelTheme() {
      const button = byId("theme");
      const dark = this.palette().dark;
      button.textContent = dark ? "Light" : "Dark";
      button.setAttribute("aria-label", dark ? "Switch to light colours" : "Switch to dark colours");
    }
    mountButtons() {
      const name = (kind) => `theorycalc-${this.view.id}.${kind}`;
      const picture = async (format) => {
        download(name(format), await this.drawing.file(format, this.view.title, caption(this.settings)));
      };
      byId("png").addEventListener("click", () => void picture("png"));
      byId("svg").addEventListener("click", () => void picture("svg"));
      byId("csv").addEventListener("click", () => {
        const { columns, rows } = this.view.table();
        download(name("csv"), new Blob([csv(columns, rows)], { type: "text/csv" }));
      });
      const copy = (id, text) => {
        const button = byId(id);
        const label2 = button.textContent ?? "";
        button.addEventListener("click", () => {
          void copied(text()).then((done) => {
            button.textContent = done ? "Copied" : "Select it and copy by hand";
            window.setTimeout(() => button.textContent = label2, 2e3);
          });
        });
      };
      copy("copy-link", () => {
        this.writeLink();
        return location.href;
      });
      copy("copy-command", () => byId("command").textContent ?? "");
      copy("copy-python", () => byId("python").textContent ?? "");
      byId("theme").addEventListener("click", () => {
        const theme = this.palette().dark ? "light" : "dark";
        this.change((settings) => ({ ...settings, theme }));
      });
      byId("numbers").addEventListener("toggle", () => this.refreshTable());
      byId("examples").append(
        ...EXAMPLES.map(
          ({ title, link }) => element("button", { type: "button", click: () => this.open(link) }, title)
        )
      );
    }
    /** Go to a link of this page; what it does not set stays. */
    open(link) {
      const { settings, notes } = readLink(
        link,
        this.settings,
        this.views.map((view) => view.id)
      );
      this.notes(notes);
      this.change(() => settings);
    }
    listen() {
      window.addEventListener("hashchange", ({ newURL }) => {
        const link = new URL(newURL).hash.replace(/^#/, "");
        if (link === this.written) return;
        this.written = link;
        const names = this.views.map((view) => view.id);
        const { settings, notes } = readLink(link, { ...DEFAULTS, theme: this.settings.theme }, names);
        this.notes(notes);
        this.change(() => settings);
      });
      this.dark.addEventListener("change", () => this.change((settings) => settings));
      this.narrow.addEventListener("change", () => this.change((settings) => settings));
    }
    /** Plotly has come: draw what waits for it. */
    plotlyCame() {
      this.drawing.again();
    }
  };

  // src/shell/start.ts
  function block(id) {
    return document.getElementById(id)?.textContent ?? "";
  }
  function runPlotly() {
    const script = element("script", {});
    script.textContent = block("plotly-source");
    document.head.append(script);
  }
  function showCheck(found) {
    const place = byId("selfcheck");
    place.textContent = found.sentence;
    place.dataset["ok"] = String(found.ok);
    if (found.ok) return;
    const banner = byId("banner");
    banner.hidden = false;
    banner.replaceChildren(element("strong", {}, "This page computes wrongly here. "), found.sentence);
    const list = element("ul", {}, ...found.failures.slice(0, 5).map((line) => element("li", {}, line)));
    banner.append(list);
  }
  function check() {
    let table = null;
    try {
      table = JSON.parse(block("explorer-checks"));
    } catch {
    }
    showCheck(selfcheck(table));
  }
  function afterPaint(work) {
    requestAnimationFrame(() => setTimeout(work, 0));
  }
  function whenRead(work) {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", work, { once: true });
    else work();
  }
  function start(views) {
    const app = new App(views, block("explorer-initial"));
    const finish = () => {
      check();
      document.documentElement.dataset["ready"] = "true";
    };
    whenRead(
      () => afterPaint(() => {
        runPlotly();
        app.plotlyCame();
        afterPaint(finish);
      })
    );
  }

  // src/shell/axes.ts
  var MOST_DECADES = 16;
  var SHORT = 2.2;
  var VERY_SHORT = 0.8;
  function label(mantissa, exponent) {
    const value = mantissa * 10 ** exponent;
    if (exponent >= -3 && exponent <= 4) return String(Number(value.toPrecision(3))).replace(/\B(?=(\d{3})+$)/g, value >= 1e4 ? "," : "");
    return (mantissa === 1 ? "" : `${mantissa}·`) + `10${raised(exponent)}`;
  }
  function logAxis(values, mostTicks = 9) {
    const logs = Array.from(values).flatMap((value) => value !== null && value > 0 && value < Infinity ? [Math.log10(value)] : []);
    if (logs.length === 0) return { type: "log", range: [-1, 1] };
    const top = logs.reduce((a, b) => Math.max(a, b));
    const bottom = Math.max(top - MOST_DECADES, logs.reduce((a, b) => Math.min(a, b)));
    const room = Math.max(0.08, 0.07 * (top - bottom));
    const range = [bottom - room, top + room];
    const span = range[1] - range[0];
    const marks = span < VERY_SHORT ? [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9] : span < SHORT ? [1, 2, 5] : [1];
    const every = marks.length > 1 ? 1 : Math.max(1, Math.ceil(span / mostTicks));
    const tickvals = [];
    const ticktext = [];
    for (let exponent = Math.floor(range[0]); exponent <= range[1]; exponent++) {
      if (exponent % every !== 0) continue;
      for (const mark of marks) {
        const at = exponent + Math.log10(mark);
        if (at < range[0] || at > range[1]) continue;
        tickvals.push(mark * 10 ** exponent);
        ticktext.push(label(mark, exponent));
      }
    }
    return { type: "log", range, tickvals, ticktext };
  }

  // src/views/curves.ts
  var MOST_EXACT = 8;
  var CLOSE2 = 1.05;
  var LOOKS = {
    exact: { color: ({ blue }) => blue, dash: "solid", symbol: "circle", width: 3.2, size: 9 },
    proportional: { color: ({ green }) => green, dash: "dash", symbol: "square", width: 2, size: 6 },
    population: { color: ({ vermillion }) => vermillion, dash: "dashdot", symbol: "triangle-up", width: 2, size: 7 },
    "one-step": { color: ({ purple }) => purple, dash: "dot", symbol: "diamond", width: 1.5, size: 11 }
  };
  var MOST_MARKERS = 41;
  function stepsOf(rung, k) {
    return rung === "exact" ? Math.min(k, MOST_EXACT) : rung === "one-step" ? 1 : k;
  }
  var METRIC = {
    estimation: "test error E‖w<sub>k</sub> − w*‖²",
    prediction: "test error E‖Σ<sup>1/2</sup>(w<sub>k</sub> − w*)‖²"
  };
  function curvesSentence(curves, m) {
    const of = (rung) => curves.find((curve3) => curve3.rung === rung);
    const lead = of("exact") ?? of("proportional") ?? of("population") ?? of("one-step");
    if (!lead) return "No curve is drawn: tick one of them under “Thinking”.";
    const last2 = lead.values.length - 1;
    const start2 = lead.values[0] ?? 0;
    const end = lead.values[last2] ?? start2;
    const least = lead.values[lead.kStar] ?? start2;
    const name = { exact: "exact mean error", proportional: "error of a typical prompt", population: "error on endless prompts", "one-step": "error" };
    let text;
    if (lead.kStar === 0) {
      text = `Thinking does not help here: the ${name[lead.rung]} is ${spoken(start2)} before the first step and ${spoken(end)} after ${counted(last2, "step")}`;
    } else if (end === least && lead.notes.some((note) => note.includes("below the float64 range"))) {
      text = `Thinking helps at every step shown: in ${counted(last2, "step")} the ${name[lead.rung]} falls from ${spoken(start2)} to less than float64 holds`;
    } else if (lead.kStar === last2) {
      text = `Thinking helps at every step shown: in ${counted(last2, "step")} the ${name[lead.rung]} falls from ${spoken(start2)} to ${spoken(end)}`;
    } else {
      text = `Thinking helps up to k* = ${lead.kStar}: the ${name[lead.rung]} falls from ${spoken(start2)} to ${spoken(least)} there and is ${spoken(end)} after ${counted(last2, "step")}`;
    }
    const law = of("population");
    if (m === Infinity) return `${text}; at m = ∞ all curves are this one.`;
    if (lead.rung === "exact" && law) {
      const at = lead.kStar === 0 ? last2 : lead.kStar;
      const inside = lead.kStar > 0 && lead.kStar < last2;
      const [exact, simple] = [lead.values[at] ?? 0, law.values[at] ?? 0];
      if (simple > 0 && exact > 0) {
        const ratio = exact / simple;
        if (ratio > CLOSE2) text += `${inside ? "; at k*" : ", where"} the population law promises ${spoken(simple)}, too little by a factor of ${spoken(ratio)}`;
        else if (ratio < 1 / CLOSE2) text += `${inside ? "; at k*" : ", where"} the population law says ${spoken(simple)}, too much by a factor of ${spoken(1 / ratio)}`;
        else text += `${inside ? "; at k*" : ", and"} the population law agrees within 5 %`;
      }
    }
    const typical = of("proportional");
    if (lead.rung === "exact" && typical && typical.values.length - 1 > last2) {
      const far = typical.values.length - 1;
      text += `; a typical prompt is at ${spoken(typical.values[far] ?? 0)} after ${counted(far, "step")}`;
    }
    return `${text}.`;
  }
  function traces(curve3, colours, narrow) {
    const look = LOOKS[curve3.rung];
    const color = look.color(colours);
    const x = Array.from(curve3.values, (_, k) => k);
    const y = Array.from(curve3.values, (value) => value > 0 ? value : null);
    const alone = curve3.rung === "one-step";
    const line = {
      type: "scatter",
      mode: alone ? "markers" : x.length <= MOST_MARKERS ? "lines+markers" : "lines",
      name: (narrow ? SHORT_NAMES : RUNG_NAMES)[curve3.rung],
      x: alone ? x.slice(1) : x,
      y: alone ? y.slice(1) : y,
      line: { color, dash: look.dash, width: look.width },
      marker: { color, symbol: look.symbol, size: look.size, line: { color: colours.paper, width: 1 } },
      hovertemplate: "%{y:.4g}"
    };
    const inside = curve3.kStar > 0 && !curve3.kStarAtEnd && !alone;
    if (!inside) return [line];
    const star = {
      type: "scatter",
      mode: "markers+text",
      name: "k*",
      showlegend: false,
      x: [curve3.kStar],
      y: [y[curve3.kStar]],
      text: [`k* = ${curve3.kStar}`],
      textposition: "bottom center",
      textfont: { color: colours.ink },
      marker: { color, symbol: "star", size: 17, line: { color: colours.paper, width: 1 } },
      hoverinfo: "skip",
      cliponaxis: false
    };
    return [line, star];
  }
  var Curves = class {
    constructor() {
      this.id = "curves";
      this.title = "Error";
      this.alt = "Test error, on a logarithmic scale, against the number of steps of thought, one curve for each rung.";
      this.curves = [];
    }
    mount(place, host) {
      this.host = host;
      this.remarks = document.createElement("p");
      this.remarks.className = "remarks";
      place.append(this.remarks);
    }
    update(settings, problem) {
      const { k, m, rungs, metric } = settings;
      this.curves = rungs.map((rung) => expectedError({ problem, steps: stepsOf(rung, k), rung }));
      const host = this.host;
      if (host) {
        const colours = host.palette();
        host.draw({
          data: this.curves.flatMap((curve3) => traces(curve3, colours, host.narrow())),
          layout: {
            xaxis: { title: { text: "steps of thought k" }, range: [-0.02 * k - 0.15, k + 0.02 * k + 0.15], nticks: 12, tickformat: "d" },
            yaxis: { title: { text: METRIC[metric] }, ...logAxis(this.curves.flatMap((curve3) => Array.from(curve3.values))) }
          }
        });
      }
      if (this.remarks) {
        const cut = this.curves.flatMap((curve3) => curve3.notes.filter((note) => !/^m = /.test(note)));
        const short3 = rungs.includes("exact") && k > MOST_EXACT && m !== Infinity;
        if (short3) cut.unshift(`The exact mean is drawn up to k = ${MOST_EXACT}; Python goes further.`);
        this.remarks.textContent = [...new Set(cut)].join(" ");
      }
      return curvesSentence(this.curves, m);
    }
    table() {
      const longest = Math.max(0, ...this.curves.map((curve3) => curve3.values.length));
      return {
        columns: ["k", ...this.curves.map((curve3) => curve3.rung)],
        rows: Array.from({ length: longest }, (_, k) => [k, ...this.curves.map((curve3) => curve3.values[k] ?? null)])
      };
    }
    snippets(settings) {
      const { k, rungs } = settings;
      const options = problemOptions(settings) + metricOption(settings);
      const metric = pythonMetric(settings);
      const lines = rungs.map((rung) => {
        const named = rung === "one-step" ? "exact" : rung;
        return `theorycalc curve ${options} -k ${stepsOf(rung, k)} --rung ${named} --csv`;
      });
      const calls = rungs.map(
        (rung) => rung === "one-step" ? `print("one-step", tc.one_step_error(setup${metric}))` : `print("${rung}", *tc.expected_error(setup, ${stepsOf(rung, k)}, rung="${rung}"${metric}).values)`
      );
      return { command: lines.join("\n"), python: `${pythonSetup(settings)}${calls.join("\n")}
` };
    }
  };

  // src/views/phases.ts
  var CELLS = 14;
  var LOWEST = -2;
  var HIGHEST = 4;
  var ROOM = 3;
  function lengths(decades2) {
    return Array.from({ length: decades2 * CELLS + 1 }, (_, i) => 10 ** (i / CELLS));
  }
  function decadesOf({ lambda, n, m }) {
    const d = lambda.length;
    const up = (x) => Math.min(9, Math.max(2, Math.ceil(Math.log10(x) - 1e-9)));
    return { n: up(Math.max(n, 10 * d)), m: up(Math.max(m === Infinity ? 1 : m, 20 * d)) };
  }
  function phasesSentence(problem, found, safe) {
    const { n, m, lambda } = problem;
    const least = Math.max(1, Math.ceil(safe.threshold * (1 - 1e-12)));
    const where = m === Infinity ? `On endless test prompts, after training prompts of ${spoken(n)},` : `At n = ${spoken(n)} and m = ${spoken(m)}`;
    const edge = `λ₊ = ${spoken(found.edges.upper)}`;
    const rate = `by ${spoken(found.rate)}`;
    const from = safe.threshold === Infinity ? "; at this n it would on every prompt, however long" : `; at this n it does not from m = ${spoken(least)} on`;
    if (m === Infinity) {
      if (found.phase === "overthinking") {
        return `${where} thinking diverges: a skill has σ/γ past 2 (up to ${spoken(found.edges.upper)}), so no test prompt is long enough.`;
      }
      if (found.phase === "saturating") return `${where} one skill keeps its error for ever, as its σ/γ is exactly 2.`;
      return `${where} every skill converges, a step multiplying the error ${rate} in the end; a test prompt of ${spoken(least)} already keeps a typical one from overthinking.`;
    }
    switch (found.phase) {
      case "overthinking":
        return found.edges.upper > 2 ? `${where} a typical prompt overthinks: its spectrum ends at ${edge}, past 2, and in the end a step multiplies its error ${rate}${from}.` : `${where} a typical prompt overthinks: with as many examples as skills and noisy labels its error grows like √k.`;
      case "saturating": {
        const why = m < lambda.length ? `${counted(m, "example")} ${m === 1 ? "does" : "do"} not show ${spoken(lambda.length)} skills` : "label noise stays";
        return `${where} a typical prompt saturates at an error of ${spoken(found.floor ?? 0)}, as ${why}; it does not overthink (${edge} < 2).`;
      }
      case "polynomial":
        return m === lambda.length ? `${where} thinking helps a typical prompt, but slowly: with as many examples as skills the error falls like 1/√k (${edge}).` : `${where} thinking helps a typical prompt, but slowly: its spectrum ends at λ₊ = 2 exactly, and the error falls like k to the −3/2.`;
      default: {
        const below = least > 1 ? `; at this n it would overthink below m = ${spoken(least)}` : "";
        return `${where} a typical prompt keeps improving, a step multiplying its error ${rate} in the end, as its spectrum ends at ${edge}, below 2${below}.`;
      }
    }
  }
  function roomiest(names) {
    const height = names.length;
    const width = names[0]?.length ?? 0;
    const inside = (i, j) => i >= 0 && j >= 0 && i < width && j < height;
    let layer = names.map(
      (row, j) => row.map((name, i) => [[-1, 0], [1, 0], [0, -1], [0, 1]].every(([a, b]) => inside(i + a, j + b) && names[j + b][i + a] === name))
    );
    const best = /* @__PURE__ */ new Map();
    for (let depth = 1; layer.some((row) => row.some(Boolean)); depth++) {
      layer.forEach(
        (row, j) => row.forEach((left, i) => {
          const name = names[j][i];
          if (left && depth >= ROOM && (best.get(name)?.depth ?? 0) < depth) best.set(name, { name, i, j, depth });
        })
      );
      const outer = layer;
      layer = outer.map(
        (row, j) => row.map((left, i) => left && [[-1, 0], [1, 0], [0, -1], [0, 1]].every(([a, b]) => inside(i + a, j + b) && outer[j + b][i + a]))
      );
    }
    return [...best.values()];
  }
  var NAMES2 = {
    exponential: "improving",
    polynomial: "slowly improving",
    saturating: "saturating",
    overthinking: "overthinking"
  };
  var Phases = class {
    constructor() {
      this.id = "phases";
      this.title = "Phases";
      this.alt = "Map over the test prompt’s examples and the training prompts’ examples, coloured by the end of a typical prompt’s spectrum, with the line beyond which it overthinks and the problem as a point.";
      this.mapOf = "";
    }
    mount(place, host) {
      this.host = host;
      const text = "Typical prompts in the limit of many skills at the same d/m; a single prompt, and the mean over prompts, can overthink earlier.";
      place.append(Object.assign(document.createElement("p"), { className: "remarks", textContent: text }));
    }
    update(settings, problem) {
      [this.settings, this.problem] = [settings, problem];
      this.found = phase(problem);
      const decades2 = decadesOf(problem);
      const wanted = [decades2.n, decades2.m, Array.from(problem.lambda), Array.from(problem.sigma ?? [])].join("|");
      if (wanted !== this.mapOf) {
        this.map = void 0;
        this.mapOf = "";
        this.host?.inSlices(this.compute(problem, lengths(decades2.n), lengths(decades2.m), wanted));
      }
      this.draw();
      return phasesSentence(problem, this.found, safeThinking(problem));
    }
    *compute(problem, n, m, wanted) {
      const search = phaseDiagram(problem, n, m);
      let turn = search.next();
      while (!turn.done) {
        yield;
        turn = search.next();
      }
      this.map = turn.value;
      this.mapOf = wanted;
      this.draw();
      this.host?.refresh();
    }
    names() {
      const { map, problem } = this;
      if (!map || !problem) return [];
      const d = problem.lambda.length;
      return map.upper.map(
        (row) => Array.from(row, (upper, i) => phaseName({ lower: 0, upper, atom: 0 }, d, map.m[i], problem.noiseVar ?? 0))
      );
    }
    draw() {
      const { host, map, problem, settings } = this;
      if (!host || !problem || !settings) return;
      const colours = host.palette();
      const narrow = host.narrow();
      const decades2 = decadesOf(problem);
      const d = problem.lambda.length;
      const data = [];
      const annotations = [];
      if (map) {
        const { field, regions } = this.mapParts(map, colours, narrow);
        data.push(field);
        const line = map.n.map((n, j) => [Math.log10(map.boundary[j]), Math.log10(n)]).filter(([x]) => Number.isFinite(x));
        if (line.some(([x]) => x >= 0 && x <= decades2.m)) {
          data.push({
            type: "scatter",
            mode: "lines",
            name: "λ₊ = 2, overthinking above",
            x: line.map(([x]) => x),
            y: line.map(([, y]) => y),
            line: { color: colours.ink, width: 2.5 },
            hoverinfo: "skip"
          });
        }
        for (const { name, i, j } of regions) {
          annotations.push({
            x: Math.log10(map.m[i]),
            y: Math.log10(map.n[j]),
            text: NAMES2[name],
            showarrow: false,
            bgcolor: colours.paper,
            opacity: 0.9,
            borderpad: 3,
            font: { color: colours.ink, size: narrow ? 12 : 14 }
          });
        }
      }
      data.push(straight("m = d", [Math.log10(d), Math.log10(d)], [0, decades2.n], "dot", colours));
      if (!problem.sigma) {
        const n = lengths(decades2.n);
        const safe = n.map((length) => Math.log10(enoughForEverySpectrum(length)));
        const kept = n.flatMap((length, j) => safe[j] >= 0 && safe[j] <= decades2.m ? [[safe[j], Math.log10(length)]] : []);
        data.push(straight("enough for every spectrum", kept.map(([x]) => x), kept.map(([, y]) => y), "dash", colours));
      }
      data.push(this.point(problem, decades2, colours));
      host.draw({
        data,
        layout: {
          hovermode: "closest",
          xaxis: { title: { text: "examples of the test prompt m" }, range: [0, decades2.m], ...ticks(decades2.m), showgrid: false },
          yaxis: { title: { text: "examples per training prompt n" }, range: [0, decades2.n], ...ticks(decades2.n), showgrid: false },
          annotations
        }
      });
    }
    /** What the picture shows of the map, kept while only the point moves. */
    mapParts(map, colours, narrow) {
      const of = [this.mapOf, colours.dark, narrow, this.problem?.noiseVar].join("|");
      if (this.drawnMap?.of !== of) {
        this.drawnMap = { of, field: this.field(map, colours, narrow), regions: roomiest(this.names()) };
      }
      return this.drawnMap;
    }
    field(map, colours, narrow) {
      const marks = [-2, -1, 0, 1, 2, 3, 4];
      const share = (1 - LOWEST) / (HIGHEST - LOWEST);
      return {
        type: "heatmap",
        x: map.m.map(Math.log10),
        y: map.n.map(Math.log10),
        z: map.upper.map((row) => Array.from(row, (upper) => Math.min(HIGHEST, Math.max(LOWEST, Math.log2(upper))))),
        customdata: map.upper.map((row, j) => Array.from(row, (upper, i) => [spoken(map.m[i]), spoken(map.n[j]), spoken(upper)])),
        hovertemplate: "m ≈ %{customdata[0]}, n ≈ %{customdata[1]}: λ₊ = %{customdata[2]}<extra></extra>",
        zmin: LOWEST,
        zmax: HIGHEST,
        zsmooth: "fast",
        colorscale: colours.dark ? [[0, "#0f4a73"], [share, "#22262b"], [1, "#a34d12"]] : [[0, "#2f83bd"], [share, "#fbf8f0"], [1, "#d9772b"]],
        colorbar: {
          title: { text: "λ₊", side: "top", font: { size: 13 } },
          tickvals: marks,
          ticktext: ["¼", "½", "1", "2", "4", "8", "16"],
          thickness: narrow ? 8 : 12,
          outlinewidth: 0,
          tickfont: { size: 11 }
        }
      };
    }
    point(problem, decades2, colours) {
      const endless = problem.m === Infinity;
      return {
        type: "scatter",
        mode: "markers",
        name: `n = ${spoken(problem.n)}, m = ${spoken(problem.m)}`,
        x: [endless ? decades2.m : Math.log10(problem.m)],
        y: [Math.log10(problem.n)],
        cliponaxis: false,
        marker: {
          symbol: endless ? "triangle-right" : "circle",
          size: endless ? 18 : 14,
          color: colours.purple,
          line: { color: colours.paper, width: 2.5 }
        },
        hovertemplate: `λ₊ = ${spoken(this.found?.edges.upper ?? 0)}`
      };
    }
    table() {
      const columns = ["n", "m", "upper_edge", "phase"];
      const { map, problem, found } = this;
      if (!problem || !found) return { columns, rows: [] };
      const current = [problem.n, problem.m, found.edges.upper, found.phase];
      if (!map) return { columns, rows: [current] };
      const names = this.names();
      const cells = map.n.flatMap((n, j) => map.m.map((m, i) => [n, m, map.upper[j][i], names[j][i]]));
      return { columns, rows: [current, ...cells] };
    }
    snippets(settings) {
      const command = `theorycalc phase ${problemOptions(settings)}${metricOption(settings)}`;
      return { command, python: `${pythonSetup(settings)}print(tc.phase(setup${pythonMetric(settings)}))
` };
    }
  };
  function straight(name, x, y, dash, colours) {
    return { type: "scatter", mode: "lines", name, x, y, line: { color: colours.ink, width: 1.5, dash }, hoverinfo: "skip" };
  }
  function ticks(decades2) {
    const all = Array.from({ length: decades2 + 1 }, (_, i) => i);
    return { tickvals: all, ticktext: all.map((i) => spoken(10 ** i)) };
  }

  // src/views/skills.ts
  var FATES = ["converging", "oscillating", "critical", "overthinking"];
  var LOOKS2 = {
    converging: { name: "converges", symbol: "circle", color: ({ blue }) => blue },
    oscillating: { name: "oscillates and converges", symbol: "diamond", color: ({ orange }) => orange },
    critical: { name: "stays for ever, σ = 2γ", symbol: "square", color: ({ purple }) => purple },
    overthinking: { name: "overthinks", symbol: "x", color: ({ vermillion }) => vermillion }
  };
  var FEW = 4;
  function holders(parts) {
    const sorted = Array.from(parts).sort((a, b) => b - a);
    let sum = 0;
    for (let i = 0; i < sorted.length; i++) {
      sum += sorted[i] ?? 0;
      if (sum >= 0.5 - 1e-12) return i + 1;
    }
    return sorted.length;
  }
  function strongest(parts) {
    return Array.from(parts).reduce((best, part, i) => part > (parts[best] ?? 0) ? i : best, 0) + 1;
  }
  function skillsSentence(found, k) {
    const { counts, ratio, fate } = found;
    const all = ratio.length;
    const verbs = {
      converging: ["converges", "converge"],
      oscillating: ["oscillates and converges", "oscillate and converge"],
      critical: ["keeps its error for ever", "keep their error for ever"],
      overthinking: ["overthinks", "overthink"]
    };
    const words = FATES.filter((name) => counts[name] > 0).map((name) => `${spoken(counts[name])} ${verbs[name][counts[name] === 1 ? 0 : 1]}`);
    const only = FATES.find((name) => counts[name] === all);
    let text = only ? `On endless test prompts ${all === 1 ? "the one skill" : `all ${all} skills`} ${verbs[only][all === 1 ? 0 : 1]}` : `Of ${counted(all, "skill")}, on endless test prompts, ${joined(words)}`;
    const top = Array.from(ratio).reduce((a, b) => Math.max(a, b));
    text += ` (σ/γ up to ${spoken(top)}${counts.overthinking ? ", past 2" : ""})`;
    const parts = shares(found, k);
    const steps2 = counted(k, "step");
    if (counts.overthinking > 0 && counts.overthinking < all) {
      const held = Array.from(parts).reduce((sum, part, i) => sum + (fate[i] === "overthinking" ? part : 0), 0);
      const who = counts.overthinking === 1 ? "the one that overthinks holds" : "those that overthink hold";
      return `${text}; after ${steps2} ${who} ${spoken(100 * held)} % of the error.`;
    }
    if (all === 1 || !parts.some((part) => part > 0)) return `${text}.`;
    const few = holders(parts);
    return `${text}; after ${steps2} half of the error is held by ${few === 1 ? `skill ${strongest(parts)} alone` : `${few} of them`}.`;
  }
  var Skills = class {
    constructor() {
      this.id = "skills";
      this.title = "Skills";
      this.alt = "Two pictures: σ/γ of every skill against the limits 1 and 2; and each skill’s share of the error after every number of steps.";
      this.lambda = [];
      this.k = 0;
    }
    mount(place, host) {
      this.host = host;
      const text = "Every picture here is about endless test prompts, m = ∞, where each skill is on its own.";
      place.append(Object.assign(document.createElement("p"), { className: "remarks", textContent: text }));
    }
    update(settings, problem) {
      this.found = directions(problem);
      this.lambda = problem.lambda;
      this.k = settings.k;
      this.draw(this.found, settings.k);
      return skillsSentence(this.found, settings.k);
    }
    draw(found, k) {
      const host = this.host;
      if (!host) return;
      const colours = host.palette();
      const { ratio, fate } = found;
      const all = ratio.length;
      const top = Math.max(...ratio);
      const many = top > FEW;
      const positions = Array.from(ratio, (_, i) => i);
      const data = FATES.filter((name) => found.counts[name] > 0).map((name) => {
        const own = positions.filter((i) => fate[i] === name);
        const { symbol, color } = LOOKS2[name];
        return {
          type: "scatter",
          mode: "markers",
          name: LOOKS2[name].name,
          x: own.map((i) => i + 1),
          y: own.map((i) => ratio[i]),
          marker: { symbol, color: color(colours), size: all > 100 ? 5 : 9, line: { width: 0 } },
          hovertemplate: "skill %{x}: σ/γ = %{y:.4g}"
        };
      });
      const chain = Array.from({ length: k + 1 }, (_, step) => shares(found, step));
      const most = Math.max(...chain.map((row) => Math.max(...row)));
      const scale = colours.dark ? [[0, "#17191c"], [0.25, "#1f4560"], [0.6, "#4da6e0"], [1, "#f3f8fc"]] : [[0, "#fffefb"], [0.25, "#bcdcf0"], [0.6, "#3d93c9"], [1, "#002f4d"]];
      const narrow = host.narrow();
      data.push({
        type: "heatmap",
        x: chain.map((_, step) => step),
        y: positions.map((i) => i + 1),
        z: positions.map((i) => chain.map((row) => 100 * (row[i] ?? 0))),
        xaxis: "x2",
        yaxis: "y2",
        zmin: 0,
        zmax: Math.max(1e-9, 100 * most),
        colorscale: scale,
        colorbar: {
          title: { text: narrow ? "%" : "% of error", side: "top", font: { size: 12 } },
          thickness: 10,
          outlinewidth: 0,
          len: narrow ? 0.42 : 1,
          y: narrow ? 0.2 : 0.5,
          tickfont: { size: 11 }
        },
        hovertemplate: "skill %{y} after %{x} steps: %{z:.3g} % of the error<extra></extra>"
      });
      const line = (y) => ({
        type: "line",
        xref: "x domain",
        x0: 0,
        x1: 1,
        y0: y,
        y1: y,
        line: { color: y === 2 ? colours.vermillion : colours.muted, width: 1.5, dash: y === 2 ? "solid" : "dot" }
      });
      const heights = many ? logAxis([0.5, ...ratio]) : { type: "linear", range: [0, Math.max(2.3, 1.08 * top)] };
      const corner = narrow ? { x: 0, xanchor: "left" } : { x: 1, xanchor: "right" };
      host.draw({
        data,
        layout: {
          height: narrow ? 620 : void 0,
          hovermode: "closest",
          xaxis: { title: { text: "skill i" }, domain: narrow ? [0, 1] : [0, 0.45], anchor: "y", range: [0.5 - 0.02 * all, all + 0.5 + 0.02 * all], tickformat: "d", nticks: 8 },
          yaxis: { title: { text: "σ<sub>i</sub>/γ<sub>i</sub>" }, domain: narrow ? [0.6, 1] : [0, 1], ...heights },
          xaxis2: { title: { text: "steps of thought k" }, domain: narrow ? [0, 0.94] : [0.56, 0.96], anchor: "y2", tickformat: "d", nticks: 8 },
          yaxis2: { title: { text: "skill i" }, domain: narrow ? [0, 0.42] : [0, 1], anchor: "x2", tickformat: "d", nticks: 8, range: [0.5, all + 0.5] },
          shapes: [line(1), line(2)],
          annotations: [
            { xref: "x domain", ...corner, yref: "y", y: many ? Math.log10(2) : 2, yanchor: "bottom", text: "2: overthinks above", showarrow: false, font: { color: colours.ink, size: 12 } },
            { xref: "x domain", ...corner, yref: "y", y: many ? 0 : 1, yanchor: "bottom", text: "1: oscillates above", showarrow: false, font: { color: colours.muted, size: 12 } }
          ]
        }
      });
    }
    table() {
      const { found, lambda, k } = this;
      const columns = ["skill", "lambda", "sigma", "gamma", "ratio", "factor", "fate", "share_at_0", `share_at_${k}`];
      if (!found) return { columns, rows: [] };
      const [before, after] = [shares(found, 0), shares(found, k)];
      const rows = Array.from(found.ratio, (ratio, i) => [
        i + 1,
        lambda[i] ?? null,
        found.sigma[i] ?? null,
        found.gamma[i] ?? null,
        ratio,
        found.factor[i] ?? null,
        found.fate[i] ?? null,
        before[i] ?? null,
        after[i] ?? null
      ]);
      return { columns, rows };
    }
    snippets(settings) {
      const command = `theorycalc overthinking ${problemOptions(settings)}${metricOption(settings)} --prompts 0 --csv`;
      const call = `for skill in tc.overthinking(setup${pythonMetric(settings)}).directions:
    print(skill.index + 1, float(skill.ratio), skill.fate)
`;
      return { command, python: pythonSetup(settings) + call };
    }
  };

  // src/views/selection_state.ts
  var FEWEST = 2;
  var MOST = 6;
  var FIRST_TASKS = ["iso", "power:0.4", "power:0.8", "power:1.2:3"];
  var WORDS2 = "write iso:SCALE, power:ALPHA:SCALE, spiked:SPIKE,…:BULK (no dimension), or one number for each skill";
  function taskSpectrum(word, d, place) {
    const [family = "", ...parts] = word.trim().split(":");
    try {
      const known = family === "iso" || family === "power" || family === "spiked";
      const found = parseSpectrum(known ? [family, d, ...parts].join(":") : word);
      const count2 = eigenvalues(found).length;
      if (count2 !== d) throw new Refusal(`it has ${count2} eigenvalues, and there are ${d} skills`);
      return found;
    } catch (problem) {
      const why = problem instanceof Error ? problem.message : String(problem);
      throw new Refusal(`${place} is “${word.slice(0, 40)}”: ${why.replace(/\.$/, "")}; ${WORDS2}.`);
    }
  }
  function taskWord(word, d, place) {
    return wordOf(taskSpectrum(word, d, place));
  }
  function readTasks(kept) {
    const words = (kept ?? "").split(";").map((word) => word.trim());
    if (words.length < FEWEST) return [...FIRST_TASKS];
    return words.slice(0, Math.min(MOST, MOST_TASKS));
  }
  function readWeights2(kept, tasks) {
    const numbers = (kept ?? "").split(",").map(Number);
    const sum = numbers.reduce((a, b) => a + b, 0);
    const good = numbers.length === tasks && numbers.every((w) => w >= 0) && Math.abs(sum - 1) < 1e-6;
    return Float64Array.from({ length: tasks }, (_, ell) => good ? numbers[ell] / sum : 1 / tasks);
  }
  function decimals(weights, digits = 15) {
    const unit = 10 ** digits;
    const parts = Array.from(weights, (w) => Math.round(w * unit));
    const largest = parts.indexOf(Math.max(...parts));
    parts[largest] += unit - parts.reduce((a, b) => a + b, 0);
    return parts.map((part) => {
      if (part === unit) return "1";
      const text = String(part).padStart(digits, "0").replace(/0+$/, "");
      return text === "" ? "0" : `0.${text}`;
    });
  }

  // src/views/selection.ts
  var SAME = 1e-6;
  function withoutLast(weights) {
    const rest = Array.from(weights).slice(0, -1);
    const sum = rest.reduce((a, b) => a + b, 0);
    return rest.map((w) => sum > 0 ? w / sum : 1 / rest.length);
  }
  function unbroken(text) {
    return text.replace(/ /g, " ");
  }
  function percent(weight) {
    const share = 100 * weight;
    const fine = share < 1 || share >= 99.5 && share < 99.95;
    return `${fine ? Number(share.toFixed(1)) : Math.round(share)} %`;
  }
  function mixture(weights) {
    const used = Array.from(weights, (w, ell) => [w, ell]).filter(([w]) => w >= 5e-4);
    return joined(used.map(([w, ell]) => `${percent(w)} of task ${ell + 1}`));
  }
  function selectionSentence(found, k) {
    const { weights, yours, best, corrected, yourErrors, bestErrors, correctedErrors } = found;
    const is = (other2) => weights.every((w, ell) => Math.abs(w - other2.weights[ell]) < SAME);
    const left = (errors) => {
      const value = errors[k];
      return value === void 0 ? "an error beyond every number here" : `an error of ${unbroken(spoken(value))}`;
    };
    const after = `after ${counted(k, "step")} on endless test prompts`;
    const ties = best.isUnique ? "" : " (as do others)";
    const other = `the one corrected for the length of training, ${mixture(corrected.weights)}, ${left(correctedErrors)}`;
    if (is(best)) {
      return `This mixture, ${mixture(best.weights)}, makes the objective least, ${spoken(best.value)}${ties}; ${after} it leaves ${left(yourErrors)}, and ${other}.`;
    }
    const own = `${spoken(yours.value)}, against ${spoken(best.value)} at the optimum, ${mixture(best.weights)}${ties}`;
    if (is(corrected)) {
      return `This mixture, corrected for the length of training, has an objective of ${own}; ${after} it leaves ${left(yourErrors)}, the optimum ${left(bestErrors)}.`;
    }
    return `Your mixture has an objective of ${own}; ${after} yours leaves ${left(yourErrors)}, the optimum ${left(bestErrors)}, and ${other}.`;
  }
  var TaskSelection = class {
    constructor() {
      this.id = "selection";
      this.title = "Tasks";
      this.alt = "Three pictures: the weight of every training task in your mixture and in the best one; the objective of both; and the error of both after every number of steps.";
      this.built = "";
      // the tasks that the rows are of
      this.fields = [];
      this.tasks = [];
      this.weights = new Float64Array(0);
    }
    mount(place, host) {
      this.host = host;
      this.rows = element("div", { class: "tasks", role: "group", "aria-label": "Training tasks and their weights" });
      this.remarks = element("p", { class: "remarks" });
      const button = (label2, click) => element("button", { type: "button", click }, label2);
      place.append(
        this.remarks,
        this.rows,
        element(
          "div",
          { class: "buttons", role: "group", "aria-label": "Mixture" },
          button("Set the optimum", () => this.found && this.keepWeights(this.found.best.weights)),
          button("Set the corrected one", () => this.found && this.keepWeights(this.found.corrected.weights)),
          button("Equal weights", () => this.keepWeights(readWeights2(void 0, this.tasks.length))),
          button("Add a task", () => this.changeTasks([...this.tasks, "power:1"], [...this.weights, 0])),
          button("Remove the last", () => this.changeTasks(this.tasks.slice(0, -1), withoutLast(this.weights)))
        )
      );
    }
    /** Every way to set weights but a slider's own forgets what the sliders started from. */
    keepWeights(weights, dragged) {
      this.dragged = dragged;
      this.host?.keep("weights", Array.from(weights).join(","));
    }
    changeTasks(tasks, weights) {
      if (tasks.length < FEWEST || tasks.length > MOST) return;
      if (weights) this.keepWeights(weights);
      this.host?.keep("tasks", tasks.join(";"));
    }
    update(settings, problem) {
      const { host } = this;
      this.found = void 0;
      this.tasks = readTasks(host?.kept("tasks"));
      this.weights = readWeights2(host?.kept("weights"), this.tasks.length);
      this.show();
      const sigma = problem.sigma ?? problem.lambda;
      const d = sigma.length;
      if (this.remarks) {
        this.remarks.textContent = "The target is the test spectrum; of the training form only n counts here. Endless test prompts, m = ∞.";
      }
      const spectra = this.tasks.map((word, ell) => eigenvalues(taskSpectrum(word, d, `Task ${ell + 1}`)));
      const question = { sigma, tasks: spectra };
      const best = solveSelection(question);
      const corrected = correctedSelection(question, problem.n);
      const errors = (weights) => {
        const pooled = pooledProblem(question, weights, { n: problem.n, m: Infinity, metric: problem.metric });
        return expectedError({ problem: pooled, steps: settings.k, rung: "population" }).values;
      };
      this.found = {
        words: this.tasks,
        weights: this.weights,
        yours: selectionObjective(question, this.weights),
        best,
        corrected,
        correctedValue: selectionObjective(question, corrected.weights).value,
        yourErrors: errors(this.weights),
        bestErrors: errors(best.weights),
        correctedErrors: errors(corrected.weights)
      };
      this.draw(this.found);
      return selectionSentence(this.found, settings.k);
    }
    /** Rows for the tasks: made anew when their number changes, else filled with what is kept. */
    show() {
      const { rows } = this;
      if (!rows) return;
      if (this.built !== String(this.tasks.length)) {
        this.built = String(this.tasks.length);
        this.fields = this.tasks.map((_, ell) => this.row(ell));
        rows.replaceChildren(
          ...this.fields.map(
            ({ word, slider, share }, ell) => element("div", { class: "task" }, element("label", { for: word.id }, `Task ${ell + 1}`), word, slider, share)
          )
        );
      }
      this.fields.forEach(({ word, slider, share }, ell) => {
        if (document.activeElement !== word) word.value = this.tasks[ell];
        const text = `${spoken(100 * this.weights[ell])} %`;
        slider.value = String(Math.round(1e3 * this.weights[ell]));
        slider.setAttribute("aria-valuetext", text);
        share.textContent = text;
      });
    }
    row(ell) {
      const id = `task-${ell + 1}`;
      const word = element("input", { id, class: "field", type: "text", autocomplete: "off", spellcheck: "false" });
      const slider = element("input", {
        id: `${id}-weight`,
        type: "range",
        min: "0",
        max: "1000",
        step: "5",
        "aria-label": `Weight of task ${ell + 1}`
      });
      const share = element("output", { for: slider.id });
      word.addEventListener("input", () => this.changeTasks(this.tasks.map((old, i) => i === ell ? word.value.replace(/;/g, ",") : old)));
      slider.addEventListener("input", () => {
        const dragged = this.dragged?.ell === ell ? this.dragged : { ell, from: this.weights };
        this.keepWeights(withWeight(dragged.from, ell, Number(slider.value) / 1e3), dragged);
      });
      return { word, slider, share };
    }
    draw(found) {
      const { words, weights, yours, best, corrected, correctedValue, yourErrors, bestErrors, correctedErrors } = found;
      const { host } = this;
      if (!host) return;
      const colours = host.palette();
      const narrow = host.narrow();
      const looks = [
        { name: "your mixture", color: colours.vermillion, dash: "solid", symbol: "circle" },
        { name: "optimum of the objective", color: colours.blue, dash: "dash", symbol: "diamond" },
        { name: "corrected for training", color: colours.green, dash: "dot", symbol: "square" }
      ];
      const names = words.map((_, ell) => narrow ? String(ell + 1) : `task ${ell + 1}`);
      const bars = [weights, best.weights, corrected.weights].map((of, i) => ({
        type: "bar",
        name: looks[i].name,
        legendgroup: looks[i].name,
        x: names,
        y: Array.from(of, (w) => 100 * w),
        marker: { color: looks[i].color },
        hovertemplate: "%{y:.3g} %"
      }));
      const values = [yours.value, best.value, correctedValue].map((value, i) => ({
        type: "bar",
        name: looks[i].name,
        legendgroup: looks[i].name,
        showlegend: false,
        x: [["yours", "best", "corr."][i]],
        y: [value],
        xaxis: "x2",
        yaxis: "y2",
        width: 0.6,
        marker: { color: looks[i].color },
        text: [spoken(value)],
        textposition: "outside",
        textangle: 0,
        textfont: { size: narrow ? 10 : 12, color: colours.ink },
        constraintext: "none",
        cliponaxis: false,
        hoverinfo: "skip"
      }));
      const curves = [yourErrors, bestErrors, correctedErrors].map((errors, i) => ({
        type: "scatter",
        mode: "lines+markers",
        name: looks[i].name,
        legendgroup: looks[i].name,
        showlegend: false,
        x: Array.from(errors.keys()),
        y: Array.from(errors, (e) => e > 0 ? e : null),
        xaxis: "x3",
        yaxis: "y3",
        line: { color: looks[i].color, dash: looks[i].dash, width: 2.5 },
        marker: { color: looks[i].color, symbol: looks[i].symbol, size: errors.length > 40 ? 4 : 7 },
        hovertemplate: "%{y:.4g}"
      }));
      const tallest = 1.18 * Math.max(yours.value, best.value, correctedValue, 1e-300);
      const most = 1.12 * Math.max(20, ...Array.from(weights, (w) => 100 * w), ...Array.from(best.weights, (w) => 100 * w), ...Array.from(corrected.weights, (w) => 100 * w));
      const domains = narrow ? { x: [0, 0.56], y: [0.6, 1], x2: [0.74, 1], y2: [0.6, 1], x3: [0, 1], y3: [0, 0.44] } : { x: [0, 0.34], y: [0, 1], x2: [0.43, 0.57], y2: [0, 1], x3: [0.71, 1], y3: [0, 1] };
      host.draw({
        data: [...bars, ...values, ...curves],
        layout: {
          height: narrow ? 560 : void 0,
          barmode: "group",
          hovermode: "x",
          xaxis: { domain: domains.x, anchor: "y", title: { text: narrow ? "task" : "" }, showgrid: false, type: "category" },
          yaxis: { domain: domains.y, anchor: "x", title: { text: "weight, %" }, range: [0, most] },
          xaxis2: { domain: domains.x2, anchor: "y2", showgrid: false, type: "category", showticklabels: false, ticks: "" },
          yaxis2: { domain: domains.y2, anchor: "x2", title: { text: "‖I − Σ⁻¹Λ̄‖²" }, range: [0, tallest], nticks: 5 },
          xaxis3: { domain: domains.x3, anchor: "y3", title: { text: "steps of thought k" }, tickformat: "d", nticks: 6 },
          yaxis3: { domain: domains.y3, anchor: "x3", title: { text: "error" }, ...logAxis([...yourErrors, ...bestErrors, ...correctedErrors], narrow ? 6 : 9) }
        }
      });
    }
    table() {
      const columns = ["quantity", "yours", "best", "corrected"];
      const { found } = this;
      if (!found) return { columns, rows: [] };
      const { words, weights, yours, best, corrected, correctedValue, yourErrors, bestErrors, correctedErrors } = found;
      const curves = [yourErrors, bestErrors, correctedErrors];
      const steps2 = Math.max(...curves.map((errors) => errors.length));
      return {
        columns,
        rows: [
          ...words.map((word, ell) => [`weight of task ${ell + 1} (${word})`, weights[ell], best.weights[ell], corrected.weights[ell]]),
          ["objective", yours.value, best.value, correctedValue],
          ["duality gap", yours.gap, best.gap, null],
          ...Array.from({ length: steps2 }, (_, k) => [`error after ${k} steps`, ...curves.map((errors) => errors[k] ?? null)])
        ]
      };
    }
    snippets(settings) {
      const target = testSpectrum(settings.train, settings.shift) ?? settings.train;
      const d = eigenvalues(target).length;
      const place = (ell) => `Task ${ell + 1}`;
      const options = this.tasks.map((word, ell) => `--task task${ell + 1}=${taskWord(word, d, place(ell))}`);
      const weights = decimals(this.weights);
      const command = `theorycalc select --target ${wordOf(target)} ${options.join(" ")} --weights ${weights.join(",")} -n ${settings.n} -k ${settings.k}`;
      const tasks = this.tasks.map((word, ell) => `    "task ${ell + 1}": ${pythonSpectrum(taskSpectrum(word, d, place(ell)))},
`);
      const python = `import theorycalc as tc

target = ${pythonSpectrum(target)}
tasks = {
${tasks.join("")}}
weights = [${weights.map((w) => `"${w}"`).join(", ")}]
best = tc.solve_selection(target, tasks)
print(tc.selection_program(target, tasks).value(weights), best.value, best.weights)
setup = tc.Setup(tc.TaskMixture(list(tasks.values()), weights), n=${settings.n}, Sigma=target)
print(tc.corrected_selection(setup).weights)
print(tc.expected_error(setup, ${settings.k}, rung="population"${pythonMetric(settings)}).values[-1])
`;
      return { command, python };
    }
  };

  // src/views/tradeoff.ts
  var SEARCHED = ["population", "exact", "proportional"];
  var EVERY = 12;
  var MOST_COUNTS = 20;
  function stepCounts(most) {
    const all = Array.from({ length: most }, (_, i) => i + 1);
    if (most <= MOST_COUNTS) return all;
    const first = all.slice(0, EVERY);
    const rest = MOST_COUNTS - EVERY;
    for (let i = 1; i <= rest; i++) first.push(Math.round(EVERY * (most / EVERY) ** (i / rest)));
    return [...new Set(first)];
  }
  function rungsOf({ rungs }) {
    const wanted = SEARCHED.filter((rung) => rungs.includes(rung));
    return wanted.length > 0 ? wanted : SEARCHED;
  }
  function startError({ metric, lambda, sigma }) {
    return metric === "prediction" ? Array.from(sigma ?? lambda).reduce((a, b) => a + b, 0) : lambda.length;
  }
  function targetError(settings, problem) {
    return short2(settings.target * startError(problem));
  }
  function tradeoffSentence(found, target, problem) {
    const lead = found.find(({ rung }) => rung === "exact") ?? found.find(({ rung }) => rung === "proportional") ?? found[0];
    if (!lead) return "Looking for the shortest training prompts …";
    const goal = `an error of ${spoken(lead.error)} (${spoken(target)} of what it is before any thinking)`;
    const where = lead.rung === "population" || problem.m === Infinity ? "on endless test prompts" : lead.rung === "exact" ? `in the mean over test prompts of ${spoken(problem.m)}` : `on a typical test prompt of ${spoken(problem.m)}`;
    const reached = lead.points.filter(({ n }) => n !== null);
    const [first] = reached;
    const tried = lead.points[lead.points.length - 1]?.steps ?? 0;
    if (!first) return `No length of training prompts reaches ${goal} ${where} within ${counted(tried, "step")}.`;
    const best = reached.reduce((a, b) => (b.n ?? Infinity) < (a.n ?? Infinity) ? b : a);
    const said = `To reach ${goal} ${where}, `;
    if (best === first && reached.length === 1) {
      return `${said}training prompts of ${spoken(first.n ?? 0)} are needed with ${counted(first.steps, "step")}, and no other number of steps up to ${tried} does.`;
    }
    if (best === first) {
      return `${said}${counted(first.steps, "step")} with training prompts of ${spoken(first.n ?? 0)} will do, and more steps save nothing.`;
    }
    const late = first.steps > 1 ? `${counted(first.steps, "step")}, the fewest that do,` : "one step";
    let text = `${said}${late} needs training prompts of ${spoken(first.n ?? 0)}, and ${counted(best.steps, "step")} only ${spoken(best.n ?? 0)}`;
    if (first.steps > 1) text = text.replace(" needs ", " need ");
    const after = lead.points[lead.points.length - 1];
    if (after && after.steps > best.steps && (after.n === null || after.n > (best.n ?? 0))) {
      text += after.n === null ? `; with ${counted(after.steps, "step")} it is out of reach` : `; with ${counted(after.steps, "step")} it is ${spoken(after.n)} again`;
    }
    return `${text}.`;
  }
  var Tradeoff = class {
    constructor() {
      this.id = "tradeoff";
      this.title = "Trade-off";
      this.alt = "Smallest number of training examples that reaches the target error, against the steps of thought, one curve for each rung.";
      this.found = [];
    }
    mount(place, host) {
      this.host = host;
      this.remarks = document.createElement("p");
      this.remarks.className = "remarks";
      place.append(this.remarks);
    }
    update(settings, problem) {
      this.found = [];
      const error = targetError(settings, problem);
      this.draw(settings, problem, error);
      if (this.remarks) this.remarks.textContent = "";
      this.host?.inSlices(this.search(settings, problem, error));
      return "Looking for the shortest training prompts …";
    }
    *search(settings, problem, error) {
      for (const rung of rungsOf(settings)) {
        const steps2 = stepCounts(problem.m === Infinity ? settings.k : stepsOf(rung, settings.k));
        const one = frontierSearch({ problem, error, steps: steps2, rung });
        let turn = one.next();
        while (!turn.done) {
          yield;
          turn = one.next();
        }
        this.found.push(turn.value);
        this.draw(settings, problem, error);
        this.host?.refresh();
        yield;
      }
      this.host?.say(tradeoffSentence(this.found, settings.target, problem));
      if (this.remarks) this.remarks.textContent = [...new Set(this.found.map(({ searched }) => searched))].join(" ");
    }
    draw(settings, problem, error) {
      const host = this.host;
      if (!host) return;
      const colours = host.palette();
      const data = this.found.map(({ rung, points }) => {
        const look = LOOKS[rung];
        const color = look.color(colours);
        return {
          type: "scatter",
          mode: "lines+markers",
          name: (host.narrow() ? SHORT_NAMES : RUNG_NAMES)[rung] + (points.some(({ n }) => n !== null) ? "" : ": out of reach"),
          x: points.map(({ steps: steps2 }) => steps2),
          y: points.map(({ n }) => n),
          line: { color, dash: look.dash, width: look.width },
          marker: { color, symbol: look.symbol, size: look.size, line: { color: colours.paper, width: 1 } },
          hovertemplate: "n = %{y:,}"
        };
      });
      if (!problem.sigma && settings.metric === "estimation") {
        const steps2 = stepCounts(settings.k);
        const hardness = taskHardness(problem);
        data.push({
          type: "scatter",
          mode: "lines",
          name: "Corollary 3.5",
          x: steps2,
          y: steps2.map((k) => Math.max(1, closedFormContext(hardness, problem.lambda.length, error, k))),
          line: { color: colours.muted, dash: "dot", width: 1.5 },
          hovertemplate: "n = %{y:,.0f}"
        });
      }
      const picture = {
        data,
        layout: {
          xaxis: { title: { text: "steps of thought k" }, range: [0.6 - 0.02 * settings.k, settings.k * 1.02 + 0.4], tickformat: "d", nticks: 12 },
          yaxis: { title: { text: "examples per training prompt n" }, ...logAxis([settings.n, ...data.flatMap((trace) => trace.y)]) },
          shapes: [
            { type: "line", xref: "paper", x0: 0, x1: 1, y0: settings.n, y1: settings.n, line: { color: colours.muted, width: 1, dash: "dash" } }
          ],
          annotations: [
            { xref: "paper", x: 1, xanchor: "right", y: Math.log10(settings.n), yanchor: "bottom", text: `n = ${settings.n} now`, showarrow: false, font: { color: colours.muted } }
          ]
        }
      };
      host.draw(picture);
    }
    table() {
      const rows = this.found.flatMap(
        ({ rung, error, points }) => points.map(({ steps: steps2, n, value }) => [rung, error, steps2, n, value])
      );
      return { columns: ["rung", "error", "steps", "n", "value"], rows };
    }
    snippets(settings) {
      const given = problemOf2(settings);
      const error = targetError(settings, given);
      const rungs = rungsOf(settings);
      const counts = (rung) => stepCounts(given.m === Infinity ? settings.k : stepsOf(rung, settings.k)).join(",");
      const options = `${spectraOptions(settings)}${promptOption(settings)}${noiseOption(settings)}${metricOption(settings)}`;
      const command = rungs.map((rung) => `theorycalc tradeoff ${options} --error ${error} -k ${counts(rung)} --rung ${rung} --csv`).join("\n");
      const calls = rungs.map(
        (rung) => `print("${rung}", tc.frontier(setup, ${error}, [${counts(rung).replace(/,/g, ", ")}], rung="${rung}"${pythonMetric(settings)}).n[0])`
      );
      return { command, python: `${pythonSetup(settings)}${calls.join("\n")}
` };
    }
  };

  // src/main.ts
  Object.assign(globalThis, { theorycalc: { engine: engine_exports } });
  if (typeof document !== "undefined" && document.getElementById("explorer-checks")) {
    start([new Curves(), new Tradeoff(), new Phases(), new Skills(), new TaskSelection()]);
  }
})();
