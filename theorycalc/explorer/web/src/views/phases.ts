/** Where thinking on improves, saturates or overthinks: a map over training and test prompt lengths, with the problem on it. */

import { enoughForEverySpectrum, phase, phaseDiagram, phaseName, safeThinking } from "../engine/index";
import type { Phase, PhaseDiagram, PhaseName, Problem, SafeThinking } from "../engine/index";
import { metricOption, problemOptions, pythonMetric, pythonSetup } from "../shell/problem";
import type { Settings } from "../shell/settings";
import type { Host, Palette, Snippets, Table, View } from "../shell/view";
import { counted, spoken } from "../shell/words";

const CELLS = 14; // to a decade
const LOWEST = -2; // of log₂ λ₊, where the colours end
const HIGHEST = 4;
const ROOM = 3; // cells around a region's name

/** Lengths from 1 to 10^decades, evenly apart in their logarithms. */
export function lengths(decades: number): number[] {
  return Array.from({ length: decades * CELLS + 1 }, (_, i) => 10 ** (i / CELLS));
}

/** Whole decades that hold the problem and what is around it, so that a moving slider seldom changes the map. */
export function decadesOf({ lambda, n, m }: Problem): { n: number; m: number } {
  const d = lambda.length;
  const up = (x: number): number => Math.min(9, Math.max(2, Math.ceil(Math.log10(x) - 1e-9)));
  return { n: up(Math.max(n, 10 * d)), m: up(Math.max(m === Infinity ? 1 : m, 20 * d)) };
}

export function phasesSentence(problem: Problem, found: Phase, safe: SafeThinking): string {
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
      return found.edges.upper > 2
        ? `${where} a typical prompt overthinks: its spectrum ends at ${edge}, past 2, and in the end a step multiplies its error ${rate}${from}.`
        : `${where} a typical prompt overthinks: with as many examples as skills and noisy labels its error grows like √k.`;
    case "saturating": {
      const why = m < lambda.length ? `${counted(m, "example")} ${m === 1 ? "does" : "do"} not show ${spoken(lambda.length)} skills` : "label noise stays";
      return `${where} a typical prompt saturates at an error of ${spoken(found.floor ?? 0)}, as ${why}; it does not overthink (${edge} < 2).`;
    }
    case "polynomial":
      return m === lambda.length
        ? `${where} thinking helps a typical prompt, but slowly: with as many examples as skills the error falls like 1/√k (${edge}).`
        : `${where} thinking helps a typical prompt, but slowly: its spectrum ends at λ₊ = 2 exactly, and the error falls like k to the −3/2.`;
    default: {
      const below = least > 1 ? `; at this n it would overthink below m = ${spoken(least)}` : "";
      return `${where} a typical prompt keeps improving, a step multiplying its error ${rate} in the end, as its spectrum ends at ${edge}, below 2${below}.`;
    }
  }
}

interface Named {
  readonly name: PhaseName;
  readonly i: number;
  readonly j: number;
}

/** Of each region the cell that is farthest from its border, if there is room for a name. */
export function roomiest(names: readonly (readonly PhaseName[])[]): Named[] {
  const height = names.length;
  const width = names[0]?.length ?? 0;
  const inside = (i: number, j: number): boolean => i >= 0 && j >= 0 && i < width && j < height;
  let layer = names.map((row, j) =>
    row.map((name, i) => [[-1, 0], [1, 0], [0, -1], [0, 1]].every(([a, b]) => inside(i + a, j + b) && names[j + b][i + a] === name)),
  );
  const best = new Map<PhaseName, Named & { depth: number }>();
  for (let depth = 1; layer.some((row) => row.some(Boolean)); depth++) {
    layer.forEach((row, j) =>
      row.forEach((left, i) => {
        const name = names[j][i];
        if (left && depth >= ROOM && (best.get(name)?.depth ?? 0) < depth) best.set(name, { name, i, j, depth });
      }),
    );
    const outer = layer;
    layer = outer.map((row, j) =>
      row.map((left, i) => left && [[-1, 0], [1, 0], [0, -1], [0, 1]].every(([a, b]) => inside(i + a, j + b) && outer[j + b][i + a])),
    );
  }
  return [...best.values()];
}

const NAMES: Readonly<Record<PhaseName, string>> = {
  exponential: "improving",
  polynomial: "slowly improving",
  saturating: "saturating",
  overthinking: "overthinking",
};

export class Phases implements View {
  readonly id = "phases";
  readonly title = "Phases";
  readonly alt =
    "Map over the test prompt’s examples and the training prompts’ examples, coloured by the end of a typical prompt’s spectrum, with the line beyond which it overthinks and the problem as a point.";
  private host: Host | undefined;
  private map: PhaseDiagram | undefined;
  private mapOf = ""; // which spectra and lengths `map` is of
  private settings: Settings | undefined;
  private problem: Problem | undefined;
  private found: Phase | undefined;
  private drawnMap: { of: string; field: object; regions: readonly Named[] } | undefined;

  mount(place: HTMLElement, host: Host): void {
    this.host = host;
    const text = "Typical prompts in the limit of many skills at the same d/m; a single prompt, and the mean over prompts, can overthink earlier.";
    place.append(Object.assign(document.createElement("p"), { className: "remarks", textContent: text }));
  }

  update(settings: Settings, problem: Problem): string {
    [this.settings, this.problem] = [settings, problem];
    this.found = phase(problem);
    const decades = decadesOf(problem);
    const wanted = [decades.n, decades.m, Array.from(problem.lambda), Array.from(problem.sigma ?? [])].join("|");
    if (wanted !== this.mapOf) {
      this.map = undefined;
      this.mapOf = "";
      this.host?.inSlices(this.compute(problem, lengths(decades.n), lengths(decades.m), wanted));
    }
    this.draw();
    return phasesSentence(problem, this.found, safeThinking(problem));
  }

  private *compute(problem: Problem, n: number[], m: number[], wanted: string): Generator<unknown> {
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

  private names(): PhaseName[][] {
    const { map, problem } = this;
    if (!map || !problem) return [];
    const d = problem.lambda.length;
    return map.upper.map((row) =>
      Array.from(row, (upper, i) => phaseName({ lower: 0, upper, atom: 0 }, d, map.m[i], problem.noiseVar ?? 0)),
    );
  }

  private draw(): void {
    const { host, map, problem, settings } = this;
    if (!host || !problem || !settings) return;
    const colours = host.palette();
    const narrow = host.narrow();
    const decades = decadesOf(problem);
    const d = problem.lambda.length;
    const data: object[] = [];
    const annotations: object[] = [];
    if (map) {
      const { field, regions } = this.mapParts(map, colours, narrow);
      data.push(field);
      const line = map.n.map((n, j) => [Math.log10(map.boundary[j]), Math.log10(n)]).filter(([x]) => Number.isFinite(x));
      if (line.some(([x]) => x >= 0 && x <= decades.m)) {
        data.push({
          type: "scatter",
          mode: "lines",
          name: "λ₊ = 2, overthinking above",
          x: line.map(([x]) => x),
          y: line.map(([, y]) => y),
          line: { color: colours.ink, width: 2.5 },
          hoverinfo: "skip",
        });
      }
      for (const { name, i, j } of regions) {
        annotations.push({
          x: Math.log10(map.m[i]),
          y: Math.log10(map.n[j]),
          text: NAMES[name],
          showarrow: false,
          bgcolor: colours.paper,
          opacity: 0.9,
          borderpad: 3,
          font: { color: colours.ink, size: narrow ? 12 : 14 },
        });
      }
    }
    data.push(straight("m = d", [Math.log10(d), Math.log10(d)], [0, decades.n], "dot", colours));
    if (!problem.sigma) {
      const n = lengths(decades.n);
      const safe = n.map((length) => Math.log10(enoughForEverySpectrum(length)));
      const kept = n.flatMap((length, j) => (safe[j] >= 0 && safe[j] <= decades.m ? [[safe[j], Math.log10(length)]] : []));
      data.push(straight("enough for every spectrum", kept.map(([x]) => x), kept.map(([, y]) => y), "dash", colours));
    }
    data.push(this.point(problem, decades, colours));
    host.draw({
      data,
      layout: {
        hovermode: "closest",
        xaxis: { title: { text: "examples of the test prompt m" }, range: [0, decades.m], ...ticks(decades.m), showgrid: false },
        yaxis: { title: { text: "examples per training prompt n" }, range: [0, decades.n], ...ticks(decades.n), showgrid: false },
        annotations,
      },
    });
  }

  /** What the picture shows of the map, kept while only the point moves. */
  private mapParts(map: PhaseDiagram, colours: Palette, narrow: boolean): { field: object; regions: readonly Named[] } {
    const of = [this.mapOf, colours.dark, narrow, this.problem?.noiseVar].join("|");
    if (this.drawnMap?.of !== of) {
      this.drawnMap = { of, field: this.field(map, colours, narrow), regions: roomiest(this.names()) };
    }
    return this.drawnMap;
  }

  private field(map: PhaseDiagram, colours: Palette, narrow: boolean): object {
    const marks = [-2, -1, 0, 1, 2, 3, 4];
    const share = (1 - LOWEST) / (HIGHEST - LOWEST); // where λ₊ = 2 is
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
      colorscale: colours.dark
        ? [[0, "#0f4a73"], [share, "#22262b"], [1, "#a34d12"]]
        : [[0, "#2f83bd"], [share, "#fbf8f0"], [1, "#d9772b"]],
      colorbar: {
        title: { text: "λ₊", side: "top", font: { size: 13 } },
        tickvals: marks,
        ticktext: ["¼", "½", "1", "2", "4", "8", "16"],
        thickness: narrow ? 8 : 12,
        outlinewidth: 0,
        tickfont: { size: 11 },
      },
    };
  }

  private point(problem: Problem, decades: { m: number }, colours: Palette): object {
    const endless = problem.m === Infinity;
    return {
      type: "scatter",
      mode: "markers",
      name: `n = ${spoken(problem.n)}, m = ${spoken(problem.m)}`,
      x: [endless ? decades.m : Math.log10(problem.m)],
      y: [Math.log10(problem.n)],
      cliponaxis: false,
      marker: {
        symbol: endless ? "triangle-right" : "circle",
        size: endless ? 18 : 14,
        color: colours.purple,
        line: { color: colours.paper, width: 2.5 },
      },
      hovertemplate: `λ₊ = ${spoken(this.found?.edges.upper ?? 0)}`,
    };
  }

  table(): Table {
    const columns = ["n", "m", "upper_edge", "phase"];
    const { map, problem, found } = this;
    if (!problem || !found) return { columns, rows: [] };
    const current = [problem.n, problem.m, found.edges.upper, found.phase] as const;
    if (!map) return { columns, rows: [current] };
    const names = this.names();
    const cells = map.n.flatMap((n, j) => map.m.map((m, i) => [n, m, map.upper[j][i], names[j][i]] as const));
    return { columns, rows: [current, ...cells] };
  }

  snippets(settings: Settings): Snippets {
    const command = `theorycalc phase ${problemOptions(settings)}${metricOption(settings)}`;
    return { command, python: `${pythonSetup(settings)}print(tc.phase(setup${pythonMetric(settings)}))\n` };
  }
}

function straight(name: string, x: readonly number[], y: readonly number[], dash: string, colours: Palette): object {
  return { type: "scatter", mode: "lines", name, x, y, line: { color: colours.ink, width: 1.5, dash }, hoverinfo: "skip" };
}

/** Labels of whole decades for an axis of logarithms. */
function ticks(decades: number): object {
  const all = Array.from({ length: decades + 1 }, (_, i) => i);
  return { tickvals: all, ticktext: all.map((i) => spoken(10 ** i)) };
}
