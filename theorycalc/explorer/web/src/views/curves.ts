/** Error against steps of thought, on each rung of the ladder. */

import { expectedError } from "../engine/index";
import type { ErrorCurve, Problem } from "../engine/index";
import { logAxis } from "../shell/axes";
import { RUNG_NAMES, SHORT_NAMES } from "../shell/form";
import { metricOption, problemOptions, pythonMetric, pythonSetup } from "../shell/problem";
import type { Rung, Settings } from "../shell/settings";
import type { Host, Palette, Snippets, Table, View } from "../shell/view";
import { counted, spoken } from "../shell/words";

/** Steps of the exact mean that an update has time for. */
export const MOST_EXACT = 8;
const CLOSE = 1.05; // rungs within 5 % are said to agree

interface Look {
  readonly color: (colours: Palette) => string;
  readonly dash: string;
  readonly symbol: string;
  readonly width: number;
  readonly size: number;
}

/** As in the package's figures. */
export const LOOKS: Readonly<Record<Rung, Look>> = {
  exact: { color: ({ blue }) => blue, dash: "solid", symbol: "circle", width: 3.2, size: 9 },
  proportional: { color: ({ green }) => green, dash: "dash", symbol: "square", width: 2, size: 6 },
  population: { color: ({ vermillion }) => vermillion, dash: "dashdot", symbol: "triangle-up", width: 2, size: 7 },
  "one-step": { color: ({ purple }) => purple, dash: "dot", symbol: "diamond", width: 1.5, size: 11 },
};
const MOST_MARKERS = 41;

/** How far a rung goes on this page. */
export function stepsOf(rung: Rung, k: number): number {
  return rung === "exact" ? Math.min(k, MOST_EXACT) : rung === "one-step" ? 1 : k;
}

const METRIC = {
  estimation: "test error E‖w<sub>k</sub> − w*‖²",
  prediction: "test error E‖Σ<sup>1/2</sup>(w<sub>k</sub> − w*)‖²",
} as const;

/** The sentence about these curves. */
export function curvesSentence(curves: readonly ErrorCurve[], m: number): string {
  const of = (rung: Rung): ErrorCurve | undefined => curves.find((curve) => curve.rung === rung);
  const lead = of("exact") ?? of("proportional") ?? of("population") ?? of("one-step");
  if (!lead) return "No curve is drawn: tick one of them under “Thinking”.";
  const last = lead.values.length - 1;
  const start = lead.values[0] ?? 0;
  const end = lead.values[last] ?? start;
  const least = lead.values[lead.kStar] ?? start;
  const name = { exact: "exact mean error", proportional: "error of a typical prompt", population: "error on endless prompts", "one-step": "error" };
  let text: string;
  if (lead.kStar === 0) {
    text = `Thinking does not help here: the ${name[lead.rung]} is ${spoken(start)} before the first step and ${spoken(end)} after ${counted(last, "step")}`;
  } else if (end === least && lead.notes.some((note) => note.includes("below the float64 range"))) {
    text = `Thinking helps at every step shown: in ${counted(last, "step")} the ${name[lead.rung]} falls from ${spoken(start)} to less than float64 holds`;
  } else if (lead.kStar === last) {
    text = `Thinking helps at every step shown: in ${counted(last, "step")} the ${name[lead.rung]} falls from ${spoken(start)} to ${spoken(end)}`;
  } else {
    text = `Thinking helps up to k* = ${lead.kStar}: the ${name[lead.rung]} falls from ${spoken(start)} to ${spoken(least)} there and is ${spoken(end)} after ${counted(last, "step")}`;
  }
  const law = of("population");
  if (m === Infinity) return `${text}; at m = ∞ all curves are this one.`;
  if (lead.rung === "exact" && law) {
    const at = lead.kStar === 0 ? last : lead.kStar;
    const inside = lead.kStar > 0 && lead.kStar < last;
    const [exact, simple] = [lead.values[at] ?? 0, law.values[at] ?? 0];
    if (simple > 0 && exact > 0) {
      const ratio = exact / simple;
      if (ratio > CLOSE) text += `${inside ? "; at k*" : ", where"} the population law promises ${spoken(simple)}, too little by a factor of ${spoken(ratio)}`;
      else if (ratio < 1 / CLOSE) text += `${inside ? "; at k*" : ", where"} the population law says ${spoken(simple)}, too much by a factor of ${spoken(1 / ratio)}`;
      else text += `${inside ? "; at k*" : ", and"} the population law agrees within 5 %`;
    }
  }
  const typical = of("proportional");
  if (lead.rung === "exact" && typical && typical.values.length - 1 > last) {
    const far = typical.values.length - 1;
    text += `; a typical prompt is at ${spoken(typical.values[far] ?? 0)} after ${counted(far, "step")}`;
  }
  return `${text}.`;
}

/** Traces of one curve: its line, and its least value where that is not at an end. */
function traces(curve: ErrorCurve, colours: Palette, narrow: boolean): object[] {
  const look = LOOKS[curve.rung];
  const color = look.color(colours);
  const x = Array.from(curve.values, (_, k) => k);
  const y = Array.from(curve.values, (value) => (value > 0 ? value : null));
  const alone = curve.rung === "one-step";
  const line = {
    type: "scatter",
    mode: alone ? "markers" : x.length <= MOST_MARKERS ? "lines+markers" : "lines",
    name: (narrow ? SHORT_NAMES : RUNG_NAMES)[curve.rung],
    x: alone ? x.slice(1) : x,
    y: alone ? y.slice(1) : y,
    line: { color, dash: look.dash, width: look.width },
    marker: { color, symbol: look.symbol, size: look.size, line: { color: colours.paper, width: 1 } },
    hovertemplate: "%{y:.4g}",
  };
  const inside = curve.kStar > 0 && !curve.kStarAtEnd && !alone;
  if (!inside) return [line];
  const star = {
    type: "scatter",
    mode: "markers+text",
    name: "k*",
    showlegend: false,
    x: [curve.kStar],
    y: [y[curve.kStar]],
    text: [`k* = ${curve.kStar}`],
    textposition: "bottom center",
    textfont: { color: colours.ink },
    marker: { color, symbol: "star", size: 17, line: { color: colours.paper, width: 1 } },
    hoverinfo: "skip",
    cliponaxis: false,
  };
  return [line, star];
}

export class Curves implements View {
  readonly id = "curves";
  readonly title = "Error";
  readonly alt = "Test error, on a logarithmic scale, against the number of steps of thought, one curve for each rung.";
  private host: Host | undefined;
  private curves: readonly ErrorCurve[] = [];
  private remarks: HTMLElement | undefined;

  mount(place: HTMLElement, host: Host): void {
    this.host = host;
    this.remarks = document.createElement("p");
    this.remarks.className = "remarks";
    place.append(this.remarks);
  }

  update(settings: Settings, problem: Problem): string {
    const { k, m, rungs, metric } = settings;
    this.curves = rungs.map((rung) => expectedError({ problem, steps: stepsOf(rung, k), rung }));
    const host = this.host;
    if (host) {
      const colours = host.palette();
      host.draw({
        data: this.curves.flatMap((curve) => traces(curve, colours, host.narrow())),
        layout: {
          xaxis: { title: { text: "steps of thought k" }, range: [-0.02 * k - 0.15, k + 0.02 * k + 0.15], nticks: 12, tickformat: "d" },
          yaxis: { title: { text: METRIC[metric] }, ...logAxis(this.curves.flatMap((curve) => Array.from(curve.values))) },
        },
      });
    }
    if (this.remarks) {
      const cut = this.curves.flatMap((curve) => curve.notes.filter((note) => !/^m = /.test(note)));
      const short = rungs.includes("exact") && k > MOST_EXACT && m !== Infinity;
      if (short) cut.unshift(`The exact mean is drawn up to k = ${MOST_EXACT}; Python goes further.`);
      this.remarks.textContent = [...new Set(cut)].join(" ");
    }
    return curvesSentence(this.curves, m);
  }

  table(): Table {
    const longest = Math.max(0, ...this.curves.map((curve) => curve.values.length));
    return {
      columns: ["k", ...this.curves.map((curve) => curve.rung)],
      rows: Array.from({ length: longest }, (_, k) => [k, ...this.curves.map((curve) => curve.values[k] ?? null)]),
    };
  }

  snippets(settings: Settings): Snippets {
    const { k, rungs } = settings;
    const options = problemOptions(settings) + metricOption(settings);
    const metric = pythonMetric(settings);
    const lines = rungs.map((rung) => {
      const named = rung === "one-step" ? "exact" : rung;
      return `theorycalc curve ${options} -k ${stepsOf(rung, k)} --rung ${named} --csv`;
    });
    const calls = rungs.map((rung) =>
      rung === "one-step"
        ? `print("one-step", tc.one_step_error(setup${metric}))`
        : `print("${rung}", *tc.expected_error(setup, ${stepsOf(rung, k)}, rung="${rung}"${metric}).values)`,
    );
    return { command: lines.join("\n"), python: `${pythonSetup(settings)}${calls.join("\n")}\n` };
  }
}
