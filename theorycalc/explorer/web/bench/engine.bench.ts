// What an update of the page costs at d = 50 (λᵢ = i^(−1/2), n = 50, m = 200): medians of 15, after the first call.
// Run `npm run bench`.  The product form of the proportional rung is also compared with the recursion that it replaces.

import {
  expectedError,
  frontier,
  overthinking,
  phase,
  planFor,
  safeThinking,
  selectionObjective,
  solveSelection,
} from "../src/engine/index";
import { limitByRecursion } from "../test/help";

const d = 50;
const problem = { lambda: Array.from({ length: d }, (_, i) => (i + 1) ** -0.5), n: 50, m: 200, noiseVar: 0.1 };
const tasks = [0, 0.3, 0.6, 0.9, 1.2, 1.5].map((alpha) => Array.from({ length: d }, (_, i) => (i + 1) ** -alpha));

function milliseconds(call: () => unknown, rounds = 15): number {
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now();
    call();
    return performance.now() - started;
  });
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)];
}

function line(name: string, time: number, rest = ""): void {
  console.log(`${name.padEnd(58)} ${time.toFixed(2).padStart(9)} ms  ${rest}`);
}

const plan = milliseconds(() => planFor(8), 1);
const { rows, left } = planFor(8);
line("plan of the exact rung, k = 8 (once in a page)", plan, `${rows} states, ${left.length} terms`);
line("exact, k ≤ 8", milliseconds(() => expectedError({ problem, steps: 8, rung: "exact", estimateRounding: false })));
line("exact, k ≤ 8, with its rounding estimate", milliseconds(() => expectedError({ problem, steps: 8, rung: "exact" })));
line("population, k ≤ 200", milliseconds(() => expectedError({ problem, steps: 200, rung: "population" })));
for (const steps of [20, 60, 200]) {
  line(`proportional, k ≤ ${steps}`, milliseconds(() => expectedError({ problem, steps, rung: "proportional", estimateRounding: false })));
}
const ours = milliseconds(() => expectedError({ problem, steps: 60, rung: "proportional", estimateRounding: false }));
const literal = milliseconds(() => limitByRecursion(problem, 60), 3);
line("proportional, k = 60, by the recursion of section 6", literal, `${(literal / ours).toFixed(0)} times as long`);
line("phase, edges, floor", milliseconds(() => phase(problem)));
line("safe prompt length", milliseconds(() => safeThinking(problem)));
line("best step on long prompts", milliseconds(() => overthinking(problem)));
line("task selection, six tasks", milliseconds(() => solveSelection({ sigma: problem.lambda, tasks })));
line("its objective", milliseconds(() => selectionObjective({ sigma: problem.lambda, tasks }, new Array<number>(6).fill(1 / 6))));
const steps = [1, 2, 3, 4, 5, 6, 7, 8];
const long = { ...problem, m: Infinity };
line("frontier, population, k ≤ 8", milliseconds(() => frontier({ problem: long, error: 5, steps, rung: "population" })));
line("frontier, exact, k ≤ 8 (in slices on the page)", milliseconds(() => frontier({ problem, error: 20, steps, rung: "exact" }), 3));
