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
    directions: () => directions,
    disagreement: () => disagreement,
    expectedError: () => expectedError,
    frontier: () => frontier,
    frontierSearch: () => frontierSearch,
    gammaSpectrum: () => gammaSpectrum,
    ladder: () => ladder,
    overthinking: () => overthinking,
    phase: () => phase,
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
    withWeight: () => withWeight
  });

  // src/engine/plan.ts
  var plans = /* @__PURE__ */ new Map();
  function planFor(steps) {
    const known = plans.get(steps);
    if (known) return known;
    const made = new Compiler().plan(steps);
    plans.set(steps, made);
    return made;
  }
  var Compiler = class {
    constructor() {
      this.rowOf = /* @__PURE__ */ new Map();
      this.kind = [];
      this.source = [];
      this.pairs = [];
    }
    plan(steps) {
      const sandwich = Int32Array.from({ length: steps + 1 }, (_, k) => this.M([], k, k));
      const power = Int32Array.from({ length: Math.max(1, 2 * steps) }, (_, r) => this.B([], r));
      const all = this.pairs.flat();
      const start = new Int32Array(this.pairs.length + 1);
      this.pairs.forEach((terms, row) => start[row + 1] = start[row] + terms.length);
      return {
        steps,
        rows: this.kind.length,
        kind: Uint8Array.from(this.kind),
        source: Int32Array.from(this.source),
        start,
        left: Int32Array.from(all, (pair) => pair.left),
        right: Int32Array.from(all, (pair) => pair.right),
        weight: Float64Array.from(all, (pair) => pair.weight),
        byDimension: Uint8Array.from(all, (pair) => Number(pair.byDimension)),
        sandwich,
        power
      };
    }
    row(key, make) {
      const known = this.rowOf.get(key);
      if (known !== void 0) return known;
      const { kind, source, pairs } = make();
      const row = this.kind.push(kind) - 1;
      this.source.push(source);
      this.pairs.push(pairs ?? []);
      this.rowOf.set(key, row);
      return row;
    }
    B(traces, r) {
      return this.row(`B${traces.join()};${r}`, () => {
        if (r > 0) {
          const pairs = this.repeats(r, (index) => this.B(traces, index));
          pairs.push(...this.splits(traces, r, (more, index) => this.B(more, index)));
          pairs.push(...this.merges(traces, r, (fewer, index) => this.B(fewer, index)));
          return { kind: 4 /* Step */, source: this.B(traces, r - 1), pairs };
        }
        if (traces.length === 0) return { kind: 0 /* One */, source: 0 };
        return { kind: 1 /* TraceB */, source: this.B(traces.slice(1), traces[0]) };
      });
    }
    M(traces, first, second) {
      const a = Math.min(first, second) || Math.max(first, second);
      const b = first + second - a;
      return this.row(`M${traces.join()};${a},${b}`, () => {
        if (a === 0) return { kind: 2 /* TimesQ */, source: this.B(traces, 0) };
        const pairs = this.repeats(a, (index) => this.M(traces, index, b));
        pairs.push(...this.splits(traces, a, (more, index) => this.M(more, index, b)));
        pairs.push(...this.merges(traces, a, (fewer, index) => this.M(fewer, index, b)));
        for (let j = 0; j < b; j++) {
          pairs.push(this.pair(this.M(traces, j, a + b - 2 - j), this.M(traces, j, a + b - 1 - j)));
          pairs.push(this.pair(this.L(traces, a - 1 + j, b - 1 - j), this.L(traces, a + j, b - 1 - j)));
        }
        return { kind: 4 /* Step */, source: this.M(traces, a - 1, b), pairs };
      });
    }
    L(traces, q, r) {
      return this.row(`L${traces.join()};${q},${r}`, () => {
        if (r === 0) return { kind: 3 /* TraceQB */, source: this.B(traces, q) };
        const pairs = this.repeats(r, (index) => this.L(traces, q, index));
        pairs.push(...this.splits(traces, r, (more, index) => this.L(more, q, index)));
        pairs.push(...this.merges(traces, r, (fewer, index) => this.L(fewer, q, index)));
        for (let j = 0; j < q; j++) {
          pairs.push(this.pair(this.M(traces, q - 1 - j, j + r - 1), this.M(traces, q - 1 - j, j + r), 2));
        }
        return { kind: 4 /* Step */, source: this.L(traces, q, r - 1), pairs };
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
    splits(traces, r, state) {
      const found = [];
      for (let j = 0; j <= r - 2; j++) {
        const left = state(j === 0 ? traces : joined(traces, j), r - 2 - j);
        found.push(this.pair(left, state(joined(traces, j + 1), r - 2 - j), 1, j === 0));
      }
      return found;
    }
    /** Σ_{i∈κ} 2i [X(κ∖i; i + r − 2) − X(κ∖i; i + r − 1)], equal i taken together. */
    merges(traces, r, state) {
      const found = [];
      traces.forEach((i, at) => {
        if (at > 0 && traces[at - 1] === i) return;
        const fewer = [...traces.slice(0, at), ...traces.slice(at + 1)];
        const times = traces.filter((other) => other === i).length;
        found.push(this.pair(state(fewer, i + r - 2), state(fewer, i + r - 1), 2 * i * times));
      });
      return found;
    }
  };
  function joined(traces, j) {
    return [...traces, j].sort((x, y) => y - x);
  }

  // src/engine/exact.ts
  var JITTER = 2 ** -40;
  var UNIT_PER_JITTER = 2 ** -53 / JITTER;
  var SAFETY = 8;
  function exactValues(problem, steps, estimate = true) {
    const plan = planFor(steps);
    const values = curve(plan, problem, states(plan, problem, 0));
    if (!estimate) return { values, relativeError: new Float64Array(steps + 1) };
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
    const { P, count, m, noiseVar } = problem;
    const width = P.length;
    const weight = P.map((p, i) => p * count[i]);
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
    const { C, Q, count, d, factor, m } = problem;
    const { kind, source, start, left, right, weight, byDimension } = plan;
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
          for (let i = 0; i < width; i++) sum += count[i] * X[from + i];
          X.fill(sum, at, at + width);
          break;
        }
        case 3 /* TraceQB */: {
          let sum = 0;
          for (let i = 0; i < width; i++) sum += count[i] * Q[i] * X[from + i];
          X.fill(sum, at, at + width);
          break;
        }
        default: {
          W.fill(0);
          for (let t = start[row]; t < start[row + 1]; t++) {
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
  function checkedSteps(steps, most) {
    if (Number.isInteger(steps) && steps >= 0 && steps <= most) return steps;
    throw refused("steps", steps, "not a number of steps shown here", `use an integer from 0 to ${most}`);
  }
  function gammaAt(problem, n) {
    const { d, lambda, sigma, matched } = problem;
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
      factor[i] = (matched ? ridge : lambda[i] - sigma[i] + ridge) / gamma[i];
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
      factorError: pick((i) => (matched ? 6 : 4 + 4 * (gamma[i] + sigma[i]) / Math.abs(factor[i] * gamma[i])) * UNIT)
    };
    if ([found.C, found.P, found.Q].some((part) => part.some((x) => !Number.isFinite(x)))) {
      throw new EngineError("range", "lambda", "λ, σ or the prior leaves the float64 range in products: rescale them");
    }
    return found;
  }
  var UNIT = 2 ** -53;

  // src/engine/one_step.ts
  function oneStepValue(problem) {
    const { C, P, Q, count, factor, m, noiseVar } = problem;
    let bias = 0;
    let own = 0;
    let spread = 0;
    let signal = 0;
    for (let i = 0; i < C.length; i++) {
      bias += count[i] * P[i] * Q[i] * factor[i] * factor[i];
      own += count[i] * P[i] * Q[i] * C[i] * C[i];
      spread += count[i] * P[i] * C[i];
      signal += count[i] * Q[i] * C[i];
    }
    return bias + (own + spread * (signal + noiseVar)) / m;
  }
  function oneStepError(problem) {
    const { C, P, Q, count, factor, factorError } = problem;
    const value = oneStepValue(problem);
    let doubt = 0;
    for (let i = 0; i < C.length; i++) {
      const e = Number.isFinite(factorError[i]) ? factorError[i] : 1;
      doubt += 2 * count[i] * P[i] * Q[i] * factor[i] * factor[i] * e;
    }
    return value > 0 ? doubt / value + (2 * C.length + 20) * UNIT : 0;
  }

  // src/engine/population.ts
  function populationValues(problem, steps) {
    const { P, Q, count, factor, factorError } = problem;
    const values = new Float64Array(steps + 1);
    const relativeError = new Float64Array(steps + 1);
    const term = P.map((p, i) => p * Q[i] * count[i]);
    const square = factor.map((f) => f * f);
    for (let k = 0; k <= steps; k++) {
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
    const { P, Q, count, factor } = problem;
    let sum = 0;
    for (let i = 0; i < P.length; i++) sum += P[i] * Q[i] * count[i] * Math.pow(Math.abs(factor[i]), 2 * k);
    return sum;
  }

  // src/engine/proportional.ts
  var JITTER2 = 2 ** -40;
  function proportionalValues(problem, steps, estimate = true) {
    const values = curve2(problem, steps, 0);
    if (!estimate) return { values, relativeError: new Float64Array(steps + 1) };
    return { values, relativeError: responseTo(curve2(problem, steps, JITTER2), values, problem.C.length) };
  }
  function curve2(problem, steps, jitter) {
    const { C, P, Q, count, m, noiseVar } = problem;
    const width = C.length;
    const length = Math.max(1, 2 * steps);
    const r = powers(problem, length, jitter);
    const trace = (of, j) => {
      let sum = 0;
      for (let i = 0, at = j * width; i < width; i++, at++) sum += of(i) * r[at];
      return sum;
    };
    const u = Float64Array.from({ length }, (_, s) => trace((i) => count[i] * Q[i], s) / m);
    const power = noiseVar > 0 ? Float64Array.from({ length }, (_, j) => trace((i) => count[i] * P[i], j)) : u;
    const weight = C.map((c, i) => count[i] * P[i] * c);
    const own = C.map((_, i) => count[i] * P[i] * Q[i]);
    const diagonal = new Float64Array(length);
    return Float64Array.from({ length: steps + 1 }, (_, k) => {
      if (k > 0) {
        const last = (k - 1) * width;
        for (let j = 0; j < k; j++) {
          let G = 0;
          for (let i = 0, at = j * width; i < width; i++, at++) G += weight[i] * r[at] * r[last + i];
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
    const { C, count, factor, m } = problem;
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
      for (let i = 0; i < width; i++) trace += count[i] * r[at + i];
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
  function expectedError({ problem, steps, rung, estimateRounding = true }) {
    if (!RUNGS.includes(rung)) throw refused("rung", rung, "unknown", `use one of ${RUNGS.join(", ")}`);
    const given = checked(problem);
    const count = checkedSteps(steps, MOST_STEPS[rung]);
    const white = whitened(given);
    const notes = [];
    if (given.m === Infinity && rung !== "population") notes.push("m = ∞: every rung is the population law");
    if (given.m !== Infinity && rung === "population") {
      notes.push(`m = ${given.m} is ignored: this is the limit m → ∞ at fixed d and k`);
    }
    const raw = rawValues(white, count, rung, estimateRounding);
    return finished(raw, white, rung, notes);
  }
  function rawValues(white, steps, rung, estimate) {
    if (rung === "population" || white.m === Infinity) return populationValues(white, steps);
    if (rung === "exact") return exactValues(white, steps, estimate);
    if (rung === "proportional") return proportionalValues(white, steps, estimate);
    const start = populationValues(white, 0);
    if (steps === 0) return start;
    return {
      values: Float64Array.of(start.values[0], oneStepValue(white)),
      relativeError: Float64Array.of(start.relativeError[0], oneStepError(white))
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
  function edgesOf({ C, count, d, m }) {
    const top = C.reduce((a, b) => Math.max(a, b));
    const bottom = C.reduce((a, b) => Math.min(a, b));
    if (!(bottom > 0) || !Number.isFinite(top)) {
      throw new EngineError("range", "sigma", "σ/γ leaves the float64 range: rescale the spectra");
    }
    if (m === Infinity) return { lower: bottom, upper: top, atom: 0 };
    return {
      lower: d === m ? 0 : valueAt(C, count, m, d < m ? lowerPoint(C, count, m, d, bottom) : negativePoint(C, count, m, d, top)),
      upper: valueAt(C, count, m, upperPoint(C, count, m, d, top)),
      atom: Math.max(0, 1 - m / d)
    };
  }
  function valueAt(C, count, m, { alpha, apart }) {
    let sum = 0;
    for (let i = 0; i < C.length; i++) sum += count[i] * C[i] / (apart[i] / alpha) ** 2;
    return sum / m;
  }
  function upperPoint(C, count, m, d, top) {
    const gaps = C.map((c) => top - c);
    const excess = (delta2) => {
      let sum = 0;
      for (let i = 0; i < C.length; i++) sum += count[i] * (C[i] / (gaps[i] + delta2)) ** 2;
      return sum - m;
    };
    const delta = root(excess, top * Math.sqrt(1 / m) / 1.0001, top * Math.sqrt(d / m) * 1.0001);
    return { alpha: top + delta, apart: gaps.map((gap) => gap + delta) };
  }
  function lowerPoint(C, count, m, d, bottom) {
    const missing = (alpha, gap2) => {
      let sum = 0;
      for (let i = 0; i < C.length; i++) sum += count[i] * (alpha / gap2(i)) * ((2 * C[i] - alpha) / gap2(i));
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
  function negativePoint(C, count, m, d, top) {
    const excess = (beta2) => {
      let sum = 0;
      for (let i = 0; i < C.length; i++) {
        const gap = C[i] + beta2;
        sum += count[i] * (beta2 / gap) * ((2 * C[i] + beta2) / gap);
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
  function floorOf({ C, P, Q, count, d, m, noiseVar }) {
    if (m === Infinity) throw new Error("floorOf is for finite m");
    if (d <= m) {
      if (noiseVar === 0) return 0;
      let sum = 0;
      for (let i = 0; i < C.length; i++) sum += count[i] * P[i] / C[i];
      return noiseVar * sum / (m - d);
    }
    const g = nullSpaceScale(C, count, m);
    let own = 0;
    let onP = 0;
    let onQ = 0;
    let all = 0;
    for (let i = 0; i < C.length; i++) {
      const share = 1 / (1 + C[i] * g);
      const weight = count[i] * share * share;
      own += weight * P[i] * Q[i];
      onP += weight * P[i] * C[i];
      onQ += weight * Q[i] * C[i];
      all += weight * C[i];
    }
    return own + g * onP * (onQ + noiseVar) / all;
  }
  function nullSpaceScale(C, count, m) {
    const top = C.reduce((a, b) => Math.max(a, b));
    const bottom = C.reduce((a, b) => Math.min(a, b));
    const d = count.reduce((a, b) => a + b);
    const falling = (g) => {
      let sum = 0;
      for (let i = 0; i < C.length; i++) sum += count[i] * (C[i] * g / (1 + C[i] * g));
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
    return white.m === Infinity ? populationPhase(white) : finitePhase(white);
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
    if (top === 0) {
      throw new EngineError("outside", "prior", "prior = 0: there is no error to think about; give some skill a positive prior");
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
  function safeThinking(problem) {
    const given = checked(problem);
    const { matched, n, m } = given;
    const threshold = safeThreshold(whitened(given));
    const ratio = m === Infinity ? 0 : n / m;
    const all = !matched || n === Infinity ? null : n * (n + 1) / (n + 2);
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
  function safeThreshold({ C, count }) {
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
        push += count[i] * (C[i] / apart) ** 2 * rest2;
        pull += count[i] * (top + above2) * C[i] / apart;
      }
      return push - pull;
    };
    const { above, rest } = at(root(falling, 1e-30, 1e30));
    let sum = 0;
    for (let i = 0; i < C.length; i++) sum += count[i] * (top + above) * C[i] / (gaps[i] + above);
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
    const skills = (count) => count === 1 ? "1 skill" : `${count} skills`;
    const parts = [];
    const verb = (count, plural) => `${skills(count)} ${count === 1 ? singular(plural) : plural}`;
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
  function contributions(found, steps) {
    const count = checkedSteps(steps, 1e4);
    const rows = [found.weight.slice()];
    for (let k = 1; k <= count; k++) rows.push(rows[k - 1].map((value, i) => value === 0 ? 0 : value * found.factor[i] ** 2));
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
    const steps = kStar === 1 ? "1 step" : `${kStar.toLocaleString("en")} steps`;
    const sentence4 = `On long prompts thinking longer hurts (largest σ/γ = ${short(threshold)} > 2): ` + (kStar === 0 ? "the first step already does." : `the error is least after ${steps}, at ${short(least)}, and then grows without bound.`);
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
  function ladder(problem, steps, estimateRounding = true) {
    const rungs = ["population", "exact", "proportional"];
    return rungs.map((rung) => expectedError({ problem, steps: Math.min(steps, MOST_STEPS[rung]), rung, estimateRounding }));
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
    const { error, rung, steps, tieM = false } = question;
    const given = checked({ ...question.problem, n: 1 });
    if (!(error > 0 && error <= 1e100)) throw refused("error", error, "not a target", "use a number from above 0 to 1e100");
    if (steps.length === 0) throw refused("steps", "[]", "no steps", "ask for at least one k");
    const most = rung === "population" ? 1e4 : MOST_STEPS[rung];
    if (most === void 0) throw refused("rung", rung, "unknown", "use population, exact or proportional");
    const counts = steps.map((k) => checkedSteps(k, most));
    if (rung === "population" || given.m === Infinity && !tieM) return yield* populationFrontier(given, error, counts, rung);
    return yield* gridFrontier(given, error, counts, rung, tieM);
  }
  function* populationFrontier(given, error, steps, rung) {
    const points = [];
    let evaluations = 0;
    for (const [index, k] of steps.entries()) {
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
          const middle = Math.min(b, Math.max(a + 1, Math.floor(Math.sqrt(a) * Math.sqrt(b))));
          const rest = middle < b ? [[middle + 1, b], [a + 1, middle]] : [[a + 1, b]];
          open.push(...rest);
        }
      }
      if (found === null) at(LONGEST);
      points.push({ steps: k, n: found, value: found === null ? least : value, everywhere });
      yield (index + 1) / steps.length;
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
        if (k > 0 && x > 0 !== y > 0) continue;
        sum += weight[i] * Math.pow(Math.min(Math.abs(x), Math.abs(y)), 2 * k);
      }
      return sum * (1 - 1e-13 * (k + 10));
    };
  }
  function* gridFrontier(given, error, steps, rung, tieM) {
    const longest = Math.max(...steps);
    const known = /* @__PURE__ */ new Map();
    let evaluations = 0;
    let total = GRID + 10 * steps.length;
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
    const lengths = grid();
    for (const n of lengths) {
      curve3(n);
      yield evaluations / total;
    }
    const points = [];
    for (const k of steps) {
      const reaches = (n) => curve3(n)[k] <= error;
      const first = lengths.findIndex(reaches);
      let high = first < 0 ? null : lengths[first];
      let low = first > 0 ? lengths[first - 1] : 0;
      if (high === null) {
        const best = lengths.reduce((a2, n, i) => curve3(n)[k] < curve3(lengths[a2])[k] ? i : a2, 0);
        let [a, b] = [lengths[Math.max(0, best - 1)], lengths[Math.min(lengths.length - 1, best + 1)]];
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
    const searched = `${lengths.length} training lengths from 1 to ${short(LONGEST_ON_GRID)} were looked at, and the gap before the first that reaches the target was halved: n − 1 does not reach it, shorter n between grid points are not excluded.`;
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
        const steps = one.values.length - 1;
        return expectedError({ problem: problemOf(one), steps, rung: present(one.rung, "rung") }).values;
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
        const steps = present(one.steps, "steps");
        const { points } = frontier({ problem: problemOf(one), error: present(one.error, "error"), steps, rung });
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

  // src/main.ts
  Object.assign(globalThis, { theorycalc: { engine: engine_exports } });
})();
