/** The skills one by one: which converge, which oscillate, which overthink, and who holds the error along the chain. */

import { directions, shares } from "../engine/index";
import type { Directions, Fate, Problem } from "../engine/index";
import { logAxis } from "../shell/axes";
import { problemOptions, pythonSetup, metricOption, pythonMetric } from "../shell/problem";
import type { Settings } from "../shell/settings";
import type { Host, Palette, Snippets, Table, View } from "../shell/view";
import { counted, joined, spoken } from "../shell/words";

interface Look {
  readonly name: string;
  readonly symbol: string;
  readonly color: (colours: Palette) => string;
}

const FATES: readonly Fate[] = ["converging", "oscillating", "critical", "overthinking"];
const LOOKS: Readonly<Record<Fate, Look>> = {
  converging: { name: "converges", symbol: "circle", color: ({ blue }) => blue },
  oscillating: { name: "oscillates and converges", symbol: "diamond", color: ({ orange }) => orange },
  critical: { name: "stays for ever, σ = 2γ", symbol: "square", color: ({ purple }) => purple },
  overthinking: { name: "overthinks", symbol: "x", color: ({ vermillion }) => vermillion },
};
const FEW = 4; // a ratio beyond asks for a logarithmic axis

/** How few skills hold half of the error. */
export function holders(parts: ArrayLike<number>): number {
  const sorted = Array.from(parts).sort((a, b) => b - a);
  let sum = 0;
  for (let i = 0; i < sorted.length; i++) {
    sum += sorted[i] ?? 0;
    if (sum >= 0.5 - 1e-12) return i + 1;
  }
  return sorted.length;
}

/** The number of the skill that holds most. */
function strongest(parts: ArrayLike<number>): number {
  return Array.from(parts).reduce((best, part, i) => (part > (parts[best] ?? 0) ? i : best), 0) + 1;
}

export function skillsSentence(found: Directions, k: number): string {
  const { counts, ratio, fate } = found;
  const all = ratio.length;
  const verbs: Record<Fate, [string, string]> = {
    converging: ["converges", "converge"],
    oscillating: ["oscillates and converges", "oscillate and converge"],
    critical: ["keeps its error for ever", "keep their error for ever"],
    overthinking: ["overthinks", "overthink"],
  };
  const words = FATES.filter((name) => counts[name] > 0).map((name) => `${spoken(counts[name])} ${verbs[name][counts[name] === 1 ? 0 : 1]}`);
  const only = FATES.find((name) => counts[name] === all);
  let text = only
    ? `On endless test prompts ${all === 1 ? "the one skill" : `all ${all} skills`} ${verbs[only][all === 1 ? 0 : 1]}`
    : `Of ${counted(all, "skill")}, on endless test prompts, ${joined(words)}`;
  const top = Array.from(ratio).reduce((a, b) => Math.max(a, b));
  text += ` (σ/γ up to ${spoken(top)}${counts.overthinking ? ", past 2" : ""})`;
  const parts = shares(found, k);
  const steps = counted(k, "step");
  if (counts.overthinking > 0 && counts.overthinking < all) {
    const held = Array.from(parts).reduce((sum, part, i) => sum + (fate[i] === "overthinking" ? part : 0), 0);
    const who = counts.overthinking === 1 ? "the one that overthinks holds" : "those that overthink hold";
    return `${text}; after ${steps} ${who} ${spoken(100 * held)} % of the error.`;
  }
  if (all === 1 || !parts.some((part) => part > 0)) return `${text}.`;
  const few = holders(parts);
  return `${text}; after ${steps} half of the error is held by ${few === 1 ? `skill ${strongest(parts)} alone` : `${few} of them`}.`;
}

export class Skills implements View {
  readonly id = "skills";
  readonly title = "Skills";
  readonly alt = "Two pictures: σ/γ of every skill against the limits 1 and 2; and each skill’s share of the error after every number of steps.";
  private host: Host | undefined;
  private found: Directions | undefined;
  private lambda: ArrayLike<number> = [];
  private k = 0;

  mount(place: HTMLElement, host: Host): void {
    this.host = host;
    const text = "Every picture here is about endless test prompts, m = ∞, where each skill is on its own.";
    place.append(Object.assign(document.createElement("p"), { className: "remarks", textContent: text }));
  }

  update(settings: Settings, problem: Problem): string {
    this.found = directions(problem);
    this.lambda = problem.lambda;
    this.k = settings.k;
    this.draw(this.found, settings.k);
    return skillsSentence(this.found, settings.k);
  }

  private draw(found: Directions, k: number): void {
    const host = this.host;
    if (!host) return;
    const colours = host.palette();
    const { ratio, fate } = found;
    const all = ratio.length;
    const top = Math.max(...ratio);
    const many = top > FEW;
    const positions = Array.from(ratio, (_, i) => i);
    const data: object[] = FATES.filter((name) => found.counts[name] > 0).map((name) => {
      const own = positions.filter((i) => fate[i] === name);
      const { symbol, color } = LOOKS[name];
      return {
        type: "scatter",
        mode: "markers",
        name: LOOKS[name].name,
        x: own.map((i) => i + 1),
        y: own.map((i) => ratio[i]),
        marker: { symbol, color: color(colours), size: all > 100 ? 5 : 9, line: { width: 0 } },
        hovertemplate: "skill %{x}: σ/γ = %{y:.4g}",
      };
    });
    const chain = Array.from({ length: k + 1 }, (_, step) => shares(found, step));
    const most = Math.max(...chain.map((row) => Math.max(...row)));
    const scale = colours.dark
      ? [[0, "#17191c"], [0.25, "#1f4560"], [0.6, "#4da6e0"], [1, "#f3f8fc"]]
      : [[0, "#fffefb"], [0.25, "#bcdcf0"], [0.6, "#3d93c9"], [1, "#002f4d"]];
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
        tickfont: { size: 11 },
      },
      hovertemplate: "skill %{y} after %{x} steps: %{z:.3g} % of the error<extra></extra>",
    });
    const line = (y: number): object => ({
      type: "line",
      xref: "x domain",
      x0: 0,
      x1: 1,
      y0: y,
      y1: y,
      line: { color: y === 2 ? colours.vermillion : colours.muted, width: 1.5, dash: y === 2 ? "solid" : "dot" },
    });
    const heights = many ? logAxis([0.5, ...ratio]) : { type: "linear", range: [0, Math.max(2.3, 1.08 * top)] };
    const corner = narrow ? { x: 0, xanchor: "left" } : { x: 1, xanchor: "right" }; // strong skills, on the left, have small σ/γ
    host.draw({
      data,
      layout: {
        height: narrow ? 620 : undefined,
        hovermode: "closest",
        xaxis: { title: { text: "skill i" }, domain: narrow ? [0, 1] : [0, 0.45], anchor: "y", range: [0.5 - 0.02 * all, all + 0.5 + 0.02 * all], tickformat: "d", nticks: 8 },
        yaxis: { title: { text: "σ<sub>i</sub>/γ<sub>i</sub>" }, domain: narrow ? [0.6, 1] : [0, 1], ...heights },
        xaxis2: { title: { text: "steps of thought k" }, domain: narrow ? [0, 0.94] : [0.56, 0.96], anchor: "y2", tickformat: "d", nticks: 8 },
        yaxis2: { title: { text: "skill i" }, domain: narrow ? [0, 0.42] : [0, 1], anchor: "x2", tickformat: "d", nticks: 8, range: [0.5, all + 0.5] },
        shapes: [line(1), line(2)],
        annotations: [
          { xref: "x domain", ...corner, yref: "y", y: many ? Math.log10(2) : 2, yanchor: "bottom", text: "2: overthinks above", showarrow: false, font: { color: colours.ink, size: 12 } },
          { xref: "x domain", ...corner, yref: "y", y: many ? 0 : 1, yanchor: "bottom", text: "1: oscillates above", showarrow: false, font: { color: colours.muted, size: 12 } },
        ],
      },
    });
  }

  table(): Table {
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
      after[i] ?? null,
    ]);
    return { columns, rows };
  }

  snippets(settings: Settings): Snippets {
    const command = `theorycalc overthinking ${problemOptions(settings)}${metricOption(settings)} --prompts 0 --csv`;
    const call = `for skill in tc.overthinking(setup${pythonMetric(settings)}).directions:\n    print(skill.index + 1, float(skill.ratio), skill.fate)\n`;
    return { command, python: pythonSetup(settings) + call };
  }
}
