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
    RUNGS: () => RUNGS,
    contributions: () => contributions,
    directions: () => directions,
    disagreement: () => disagreement,
    expectedError: () => expectedError,
    gammaSpectrum: () => gammaSpectrum,
    ladder: () => ladder,
    overthinking: () => overthinking,
    phase: () => phase,
    phaseName: () => phaseName,
    planFor: () => planFor,
    safeThinking: () => safeThinking,
    shares: () => shares,
    short: () => short,
    spectralEdges: () => spectralEdges,
    taskHardness: () => taskHardness
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
    constructor(trouble, argument, sentence2) {
      super(sentence2);
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
      const sentence2 = `E_${end} on rung ${rung} is beyond what float64 holds here: the curve ends before it.`;
      truncated = { step: end, sentence: sentence2 };
      notes.push(sentence2);
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
    const sentence2 = `Rungs ${one.rung} and ${other.rung} differ by more than a factor ${factor} from step ${step} on; at step ${worstStep} by ${times}.`;
    return { step, worst, worstStep, sentence: sentence2 };
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
      const sentence3 = `On long prompts thinking diverges: a skill has σ/γ = ${short(top)} > 2, and every step multiplies its error by ${short(rate)} in the end.`;
      return { phase: "overthinking", edges, rate, floor: null, critical, sentence: sentence3 };
    }
    if (critical) {
      const sentence3 = `On long prompts a skill with σ = 2γ keeps its error for ever: the error tends to ${short(floor)}.`;
      return { phase: "saturating", edges, rate: 1, floor, critical, sentence: sentence3 };
    }
    const skills = d === 1 ? "the only skill" : `all ${d} skills`;
    const sentence2 = `On long prompts ${skills} converge${d === 1 ? "s" : ""}: the error falls to 0 by a factor of ${short(rate)} a step in the end.`;
    return { phase: "exponential", edges, rate, floor: 0, critical, sentence: sentence2 };
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
    const sentence2 = threshold === Infinity ? "No test prompt is long enough: even for m = ∞ a skill has σ/γ ≥ 2." : `A typical prompt of at least ${least.toLocaleString("en")} examples never overthinks here` + (all === null ? "." : `; ${Math.ceil(all * (1 - 1e-15)).toLocaleString("en")} are enough for every matched spectrum.`);
    return {
      bound: matched && Number.isFinite(ratio) ? 1 + ratio : null,
      sharpBound: matched && Number.isFinite(ratio) ? 1 / (1 + 1 / n) + ratio : null,
      enoughForEverySpectrum: all,
      threshold,
      sentence: sentence2
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
      const sentence3 = "On long prompts no skill overthinks (largest σ/γ = " + short(threshold) + " ≤ 2): more steps never hurt.";
      return { threshold, overthinks, kStar: kStar2, least: least2, sentence: sentence3 };
    }
    const kStar = bestStep((k) => populationAt(white, k + 1) - populationAt(white, k));
    const least = populationAt(white, kStar);
    const steps = kStar === 1 ? "1 step" : `${kStar.toLocaleString("en")} steps`;
    const sentence2 = `On long prompts thinking longer hurts (largest σ/γ = ${short(threshold)} > 2): ` + (kStar === 0 ? "the first step already does." : `the error is least after ${steps}, at ${short(least)}, and then grows without bound.`);
    return { threshold, overthinks, kStar, least, sentence: sentence2 };
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

  // src/main.ts
  Object.assign(globalThis, { theorycalc: { engine: engine_exports } });
})();
