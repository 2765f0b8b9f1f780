/** Task selection by hand: drag the weights of training tasks, and compare with the mixture that the objective picks. */

import { correctedSelection, expectedError, pooledProblem, selectionObjective, solveSelection, withWeight } from "../engine/index";
import type { Objective, Problem, Selection } from "../engine/index";
import { logAxis } from "../shell/axes";
import { element } from "../shell/dom";
import { pythonMetric, pythonSpectrum } from "../shell/problem";
import type { Settings } from "../shell/settings";
import { eigenvalues, testSpectrum, wordOf } from "../shell/spectra";
import type { Host, Snippets, Table, View } from "../shell/view";
import { counted, joined, spoken } from "../shell/words";
import { decimals, FEWEST, MOST, readTasks, readWeights, taskSpectrum, taskWord } from "./selection_state";

const SAME = 1e-6; // weights that differ by less count as the optimum

/** The weights that are left when the last task goes, in the same ratios. */
export function withoutLast(weights: ArrayLike<number>): number[] {
  const rest = Array.from(weights).slice(0, -1);
  const sum = rest.reduce((a, b) => a + b, 0);
  return rest.map((w) => (sum > 0 ? w / sum : 1 / rest.length));
}

interface Found {
  readonly words: readonly string[];
  readonly weights: Float64Array;
  readonly yours: Objective;
  readonly best: Selection;
  /** Of the objective on what training of length n leaves, with Γ in place of Λ̄. */
  readonly corrected: Selection;
  /** The objective of the mixture that `corrected` picks. */
  readonly correctedValue: number;
  /** Error after 0 … k steps on endless test prompts; shorter where float64 ends. */
  readonly yourErrors: Float64Array;
  readonly bestErrors: Float64Array;
  readonly correctedErrors: Float64Array;
}

/** Keep a number on one line. */
function unbroken(text: string): string {
  return text.replace(/ /g, "\u00a0");
}

/** "64 %", or "0.3 %" below one. */
function percent(weight: number): string {
  const share = 100 * weight;
  const fine = share < 1 || (share >= 99.5 && share < 99.95); // 0.4 % beside 99.6 %
  return `${fine ? Number(share.toFixed(1)) : Math.round(share)}\u00a0%`;
}

/** "64 % of task 2 and 36 % of task 4". */
export function mixture(weights: ArrayLike<number>): string {
  const used = Array.from(weights, (w, ell) => [w, ell] as const).filter(([w]) => w >= 5e-4);
  return joined(used.map(([w, ell]) => `${percent(w)} of task ${ell + 1}`));
}

export function selectionSentence(found: Omit<Found, "words" | "correctedValue">, k: number): string {
  const { weights, yours, best, corrected, yourErrors, bestErrors, correctedErrors } = found;
  const is = (other: Selection): boolean => weights.every((w, ell) => Math.abs(w - other.weights[ell]) < SAME);
  const left = (errors: Float64Array): string => {
    const value: number | undefined = errors[k];
    return value === undefined ? "an error beyond every number here" : `an error of ${unbroken(spoken(value))}`;
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

/** The slider that moves, and the weights it started from: all the way up and back again restores them. */
interface Dragged {
  readonly ell: number;
  readonly from: Float64Array;
}

export class TaskSelection implements View {
  readonly id = "selection";
  readonly title = "Tasks";
  readonly alt =
    "Three pictures: the weight of every training task in your mixture and in the best one; the objective of both; and the error of both after every number of steps.";
  private host: Host | undefined;
  private rows: HTMLElement | undefined;
  private remarks: HTMLElement | undefined;
  private built = ""; // the tasks that the rows are of
  private fields: { word: HTMLInputElement; slider: HTMLInputElement; share: HTMLOutputElement }[] = [];
  private found: Found | undefined;
  private tasks: readonly string[] = [];
  private dragged: Dragged | undefined;
  private weights: Float64Array = new Float64Array(0);

  mount(place: HTMLElement, host: Host): void {
    this.host = host;
    this.rows = element("div", { class: "tasks", role: "group", "aria-label": "Training tasks and their weights" });
    this.remarks = element("p", { class: "remarks" });
    const button = (label: string, click: () => void): HTMLElement => element("button", { type: "button", click }, label);
    place.append(
      this.remarks,
      this.rows,
      element(
        "div",
        { class: "buttons", role: "group", "aria-label": "Mixture" },
        button("Set the optimum", () => this.found && this.keepWeights(this.found.best.weights)),
        button("Set the corrected one", () => this.found && this.keepWeights(this.found.corrected.weights)),
        button("Equal weights", () => this.keepWeights(readWeights(undefined, this.tasks.length))),
        button("Add a task", () => this.changeTasks([...this.tasks, "power:1"], [...this.weights, 0])),
        button("Remove the last", () => this.changeTasks(this.tasks.slice(0, -1), withoutLast(this.weights))),
      ),
    );
  }

  /** Every way to set weights but a slider's own forgets what the sliders started from. */
  private keepWeights(weights: ArrayLike<number>, dragged?: Dragged): void {
    this.dragged = dragged;
    this.host?.keep("weights", Array.from(weights).join(","));
  }

  private changeTasks(tasks: readonly string[], weights?: readonly number[]): void {
    if (tasks.length < FEWEST || tasks.length > MOST) return;
    if (weights) this.keepWeights(weights);
    this.host?.keep("tasks", tasks.join(";"));
  }

  update(settings: Settings, problem: Problem): string {
    const { host } = this;
    this.found = undefined;
    this.tasks = readTasks(host?.kept("tasks"));
    this.weights = readWeights(host?.kept("weights"), this.tasks.length);
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
    const errors = (weights: Float64Array): Float64Array => {
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
      correctedErrors: errors(corrected.weights),
    };
    this.draw(this.found);
    return selectionSentence(this.found, settings.k);
  }

  /** Rows for the tasks: made anew when their number changes, else filled with what is kept. */
  private show(): void {
    const { rows } = this;
    if (!rows) return;
    if (this.built !== String(this.tasks.length)) {
      this.built = String(this.tasks.length);
      this.fields = this.tasks.map((_, ell) => this.row(ell));
      rows.replaceChildren(
        ...this.fields.map(({ word, slider, share }, ell) =>
          element("div", { class: "task" }, element("label", { for: word.id }, `Task ${ell + 1}`), word, slider, share),
        ),
      );
    }
    this.fields.forEach(({ word, slider, share }, ell) => {
      if (document.activeElement !== word) word.value = this.tasks[ell];
      const text = `${spoken(100 * this.weights[ell])}\u00a0%`;
      slider.value = String(Math.round(1000 * this.weights[ell]));
      slider.setAttribute("aria-valuetext", text);
      share.textContent = text;
    });
  }

  private row(ell: number): { word: HTMLInputElement; slider: HTMLInputElement; share: HTMLOutputElement } {
    const id = `task-${ell + 1}`;
    const word = element("input", { id, class: "field", type: "text", autocomplete: "off", spellcheck: "false" });
    const slider = element("input", {
      id: `${id}-weight`,
      type: "range",
      min: "0",
      max: "1000",
      step: "5",
      "aria-label": `Weight of task ${ell + 1}`,
    });
    const share = element("output", { for: slider.id });
    word.addEventListener("input", () => this.changeTasks(this.tasks.map((old, i) => (i === ell ? word.value.replace(/;/g, ",") : old))));
    slider.addEventListener("input", () => {
      const dragged = this.dragged?.ell === ell ? this.dragged : { ell, from: this.weights };
      this.keepWeights(withWeight(dragged.from, ell, Number(slider.value) / 1000), dragged);
    });
    return { word, slider, share };
  }

  private draw(found: Found): void {
    const { words, weights, yours, best, corrected, correctedValue, yourErrors, bestErrors, correctedErrors } = found;
    const { host } = this;
    if (!host) return;
    const colours = host.palette();
    const narrow = host.narrow();
    const looks = [
      { name: "your mixture", color: colours.vermillion, dash: "solid", symbol: "circle" },
      { name: "optimum of the objective", color: colours.blue, dash: "dash", symbol: "diamond" },
      { name: "corrected for training", color: colours.green, dash: "dot", symbol: "square" },
    ];
    const names = words.map((_, ell) => (narrow ? String(ell + 1) : `task ${ell + 1}`));
    const bars = [weights, best.weights, corrected.weights].map((of, i) => ({
      type: "bar",
      name: looks[i].name,
      legendgroup: looks[i].name,
      x: names,
      y: Array.from(of, (w) => 100 * w),
      marker: { color: looks[i].color },
      hovertemplate: "%{y:.3g} %",
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
      hoverinfo: "skip",
    }));
    const curves = [yourErrors, bestErrors, correctedErrors].map((errors, i) => ({
      type: "scatter",
      mode: "lines+markers",
      name: looks[i].name,
      legendgroup: looks[i].name,
      showlegend: false,
      x: Array.from(errors.keys()),
      y: Array.from(errors, (e) => (e > 0 ? e : null)),
      xaxis: "x3",
      yaxis: "y3",
      line: { color: looks[i].color, dash: looks[i].dash, width: 2.5 },
      marker: { color: looks[i].color, symbol: looks[i].symbol, size: errors.length > 40 ? 4 : 7 },
      hovertemplate: "%{y:.4g}",
    }));
    const tallest = 1.18 * Math.max(yours.value, best.value, correctedValue, 1e-300);
    const most = 1.12 * Math.max(20, ...Array.from(weights, (w) => 100 * w), ...Array.from(best.weights, (w) => 100 * w), ...Array.from(corrected.weights, (w) => 100 * w));
    // wide: three pictures side by side; narrow: bars above, the curve below
    const domains = narrow
      ? { x: [0, 0.56], y: [0.6, 1], x2: [0.74, 1], y2: [0.6, 1], x3: [0, 1], y3: [0, 0.44] }
      : { x: [0, 0.34], y: [0, 1], x2: [0.43, 0.57], y2: [0, 1], x3: [0.71, 1], y3: [0, 1] };
    host.draw({
      data: [...bars, ...values, ...curves],
      layout: {
        height: narrow ? 560 : undefined,
        barmode: "group",
        hovermode: "x",
        xaxis: { domain: domains.x, anchor: "y", title: { text: narrow ? "task" : "" }, showgrid: false, type: "category" },
        yaxis: { domain: domains.y, anchor: "x", title: { text: "weight, %" }, range: [0, most] },
        xaxis2: { domain: domains.x2, anchor: "y2", showgrid: false, type: "category", showticklabels: false, ticks: "" },
        yaxis2: { domain: domains.y2, anchor: "x2", title: { text: "‖I − Σ⁻¹Λ̄‖²" }, range: [0, tallest], nticks: 5 },
        xaxis3: { domain: domains.x3, anchor: "y3", title: { text: "steps of thought k" }, tickformat: "d", nticks: 6 },
        yaxis3: { domain: domains.y3, anchor: "x3", title: { text: "error" }, ...logAxis([...yourErrors, ...bestErrors, ...correctedErrors], narrow ? 6 : 9) },
      },
    });
  }

  table(): Table {
    const columns = ["quantity", "yours", "best", "corrected"];
    const { found } = this;
    if (!found) return { columns, rows: [] };
    const { words, weights, yours, best, corrected, correctedValue, yourErrors, bestErrors, correctedErrors } = found;
    const curves = [yourErrors, bestErrors, correctedErrors];
    const steps = Math.max(...curves.map((errors) => errors.length));
    return {
      columns,
      rows: [
        ...words.map((word, ell) => [`weight of task ${ell + 1} (${word})`, weights[ell], best.weights[ell], corrected.weights[ell]] as const),
        ["objective", yours.value, best.value, correctedValue] as const,
        ["duality gap", yours.gap, best.gap, null] as const,
        ...Array.from({ length: steps }, (_, k) => [`error after ${k} steps`, ...curves.map((errors) => errors[k] ?? null)]),
      ],
    };
  }

  snippets(settings: Settings): Snippets {
    const target = testSpectrum(settings.train, settings.shift) ?? settings.train;
    const d = eigenvalues(target).length;
    const place = (ell: number): string => `Task ${ell + 1}`;
    const options = this.tasks.map((word, ell) => `--task task${ell + 1}=${taskWord(word, d, place(ell))}`);
    const weights = decimals(this.weights);
    const command = `theorycalc select --target ${wordOf(target)} ${options.join(" ")} --weights ${weights.join(",")} -n ${settings.n} -k ${settings.k}`;
    const tasks = this.tasks.map((word, ell) => `    "task ${ell + 1}": ${pythonSpectrum(taskSpectrum(word, d, place(ell)))},\n`);
    const python =
      `import theorycalc as tc\n\ntarget = ${pythonSpectrum(target)}\ntasks = {\n${tasks.join("")}}\n` +
      `weights = [${weights.map((w) => `"${w}"`).join(", ")}]\n` +
      "best = tc.solve_selection(target, tasks)\n" +
      "print(tc.selection_program(target, tasks).value(weights), best.value, best.weights)\n" +
      `setup = tc.Setup(tc.TaskMixture(list(tasks.values()), weights), n=${settings.n}, Sigma=target)\n` +
      "print(tc.corrected_selection(setup).weights)\n" +
      `print(tc.expected_error(setup, ${settings.k}, rung="population"${pythonMetric(settings)}).values[-1])\n`;
    return { command, python };
  }
}
