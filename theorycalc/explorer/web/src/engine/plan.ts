// The states that E_0 … E_K of the exact rung need, compiled once per K to index arrays.
//
// With T_κ = Π_{i∈κ} tr Rⁱ for a multiset κ of traces, and everything diagonal in the shared basis, the states are
//   B(κ; r) = E[T_κ Rʳ],   M(κ; a, b) = E[T_κ Rᵃ Q̃ Rᵇ] = M(κ; b, a),   L(κ; q, r) = E[T_κ tr(Q̃ R^q) Rʳ].
// Integration by parts (theory section 5, centred form) gives each of them from ones of one or two powers fewer,
//   X = (1 − C) P + C ε W,   W = Σ weight · (left − right),
// where P is the state with one power less at the front and left − right are the terms in the brackets there.  The plan
// is found by asking for what is wanted and, in turn, for what that needs: nothing else is ever computed.

export const enum Kind {
  One, // the identity
  TraceB, // B(κ; 0) = tr B(κ∖j; j), the same number in every direction
  TimesQ, // M(κ; 0, 0) = Q̃ B(κ; 0)
  TraceQB, // L(κ; q, 0) = tr(Q̃ B(κ; q)), the same number in every direction
  Step, // (1 − C) P + C ε W
}

export interface Plan {
  readonly steps: number;
  readonly rows: number;
  readonly kind: Uint8Array;
  /** The state that a row is made from: P of a step, else the argument of the trace or product. */
  readonly source: Int32Array;
  /** Row r has the terms start[r] … start[r + 1] − 1. */
  readonly start: Int32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly weight: Float64Array;
  /** Whether `left` is multiplied by tr R⁰ = d. */
  readonly byDimension: Uint8Array;
  /** Row of M(∅; k, k), k = 0 … steps. */
  readonly sandwich: Int32Array;
  /** Row of B(∅; r), r = 0 … max(0, 2 · steps − 1): label noise needs them. */
  readonly power: Int32Array;
}

/** A multiset of positive powers, by its number in `Multisets`; 0 is the empty one. */
type Traces = number;

interface Part {
  readonly power: number;
  readonly times: number;
  readonly without: Traces;
}

/** Multisets of positive powers, each numbered when it is first met, with what joining and removing one makes of it. */
class Multisets {
  private readonly members: (readonly number[])[] = [[]];
  private readonly numberOf = new Map<string, Traces>([["", 0]]);
  private readonly more: Traces[][] = [[]];
  private readonly parts: (readonly Part[] | undefined)[] = [];

  joined(traces: Traces, power: number): Traces {
    return (this.more[traces][power] ??= this.find([...this.members[traces], power].sort((x, y) => y - x)));
  }

  /** The different powers, largest first. */
  partsOf(traces: Traces): readonly Part[] {
    return (this.parts[traces] ??= this.split(this.members[traces]));
  }

  private split(all: readonly number[]): Part[] {
    const found: Part[] = [];
    all.forEach((power, at) => {
      if (at > 0 && all[at - 1] === power) return;
      const without = this.find([...all.slice(0, at), ...all.slice(at + 1)]);
      found.push({ power, times: all.filter((other) => other === power).length, without });
    });
    return found;
  }

  private find(members: readonly number[]): Traces {
    const key = members.join();
    const known = this.numberOf.get(key);
    if (known !== undefined) return known;
    const made = this.members.push(members) - 1;
    this.more.push([]);
    this.numberOf.set(key, made);
    return made;
  }
}

interface Pair {
  readonly left: number;
  readonly right: number;
  readonly weight: number;
  readonly byDimension: boolean;
}

const plans = new Map<number, Plan>();

/** The plan for E_0 … E_steps, remembered. */
export function planFor(steps: number): Plan {
  const known = plans.get(steps);
  if (known) return known;
  const made = new Compiler().plan(steps);
  plans.set(steps, made);
  return made;
}

class Compiler {
  private readonly multisets = new Multisets();
  private readonly rowOf = new Map<number, number>();
  private readonly kind: Kind[] = [];
  private readonly source: number[] = [];
  private readonly pairs: (readonly Pair[])[] = [];

  plan(steps: number): Plan {
    const sandwich = Int32Array.from({ length: steps + 1 }, (_, k) => this.M(0, k, k));
    const power = Int32Array.from({ length: Math.max(1, 2 * steps) }, (_, r) => this.B(0, r));
    const all = this.pairs.flat();
    const start = new Int32Array(this.pairs.length + 1);
    this.pairs.forEach((terms, row) => (start[row + 1] = start[row] + terms.length));
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
      power,
    };
  }

  /** `family` is 0 for B, 1 for M, 2 for L; the powers are below 64. */
  private row(
    family: number,
    traces: Traces,
    first: number,
    second: number,
    make: () => { kind: Kind; source: number; pairs?: Pair[] },
  ): number {
    const key = ((traces * 3 + family) * 64 + first) * 64 + second;
    const known = this.rowOf.get(key);
    if (known !== undefined) return known;
    const { kind, source, pairs } = make(); // first what it needs, so that rows are in order
    const row = this.kind.push(kind) - 1;
    this.source.push(source);
    this.pairs.push(pairs ?? []);
    this.rowOf.set(key, row);
    return row;
  }

  private B(traces: Traces, r: number): number {
    return this.row(0, traces, 0, r, () => {
      if (r > 0) {
        const pairs = this.repeats(r, (index) => this.B(traces, index));
        pairs.push(...this.splits(traces, r, (more, index) => this.B(more, index)));
        pairs.push(...this.merges(traces, r, (fewer, index) => this.B(fewer, index)));
        return { kind: Kind.Step, source: this.B(traces, r - 1), pairs };
      }
      if (traces === 0) return { kind: Kind.One, source: 0 };
      const { power, without } = this.multisets.partsOf(traces)[0];
      return { kind: Kind.TraceB, source: this.B(without, power) };
    });
  }

  private M(traces: Traces, first: number, second: number): number {
    // reduced on the shorter side that has any power
    const a = Math.min(first, second) || Math.max(first, second);
    const b = first + second - a;
    return this.row(1, traces, a, b, () => {
      if (a === 0) return { kind: Kind.TimesQ, source: this.B(traces, 0) };
      const pairs = this.repeats(a, (index) => this.M(traces, index, b));
      pairs.push(...this.splits(traces, a, (more, index) => this.M(more, index, b)));
      pairs.push(...this.merges(traces, a, (fewer, index) => this.M(fewer, index, b)));
      for (let j = 0; j < b; j++) {
        pairs.push(this.pair(this.M(traces, j, a + b - 2 - j), this.M(traces, j, a + b - 1 - j)));
        pairs.push(this.pair(this.L(traces, a - 1 + j, b - 1 - j), this.L(traces, a + j, b - 1 - j)));
      }
      return { kind: Kind.Step, source: this.M(traces, a - 1, b), pairs };
    });
  }

  private L(traces: Traces, q: number, r: number): number {
    return this.row(2, traces, q, r, () => {
      if (r === 0) return { kind: Kind.TraceQB, source: this.B(traces, q) };
      const pairs = this.repeats(r, (index) => this.L(traces, q, index));
      pairs.push(...this.splits(traces, r, (more, index) => this.L(more, q, index)));
      pairs.push(...this.merges(traces, r, (fewer, index) => this.L(fewer, q, index)));
      for (let j = 0; j < q; j++) {
        pairs.push(this.pair(this.M(traces, q - 1 - j, j + r - 1), this.M(traces, q - 1 - j, j + r), 2));
      }
      return { kind: Kind.Step, source: this.L(traces, q, r - 1), pairs };
    });
  }

  private pair(left: number, right: number, weight = 1, byDimension = false): Pair {
    return { left, right, weight, byDimension };
  }

  /** (r − 1) [X(r − 2) − X(r − 1)]. */
  private repeats(r: number, state: (index: number) => number): Pair[] {
    return r > 1 ? [this.pair(state(r - 2), state(r - 1), r - 1)] : [];
  }

  /** Σ_{j=0}^{r−2} [X(κ ∪ {j}; r−2−j) − X(κ ∪ {j+1}; r−2−j)], with tr R⁰ = d. */
  private splits(traces: Traces, r: number, state: (traces: Traces, index: number) => number): Pair[] {
    const found: Pair[] = [];
    for (let j = 0; j <= r - 2; j++) {
      const left = state(j === 0 ? traces : this.multisets.joined(traces, j), r - 2 - j);
      found.push(this.pair(left, state(this.multisets.joined(traces, j + 1), r - 2 - j), 1, j === 0));
    }
    return found;
  }

  /** Σ_{i∈κ} 2i [X(κ∖i; i + r − 2) − X(κ∖i; i + r − 1)], equal i taken together. */
  private merges(traces: Traces, r: number, state: (traces: Traces, index: number) => number): Pair[] {
    return this.multisets
      .partsOf(traces)
      .map(({ power, times, without }) => this.pair(state(without, power + r - 2), state(without, power + r - 1), 2 * power * times));
  }
}
