/** The iso-error frontier: how long training prompts must be for a target error, if the model thinks k steps. */

import { closedFormContext, frontierSearch, taskHardness } from "../engine/index";
import type { Frontier, Problem } from "../engine/index";
import { logAxis } from "../shell/axes";
import { RUNG_NAMES, SHORT_NAMES } from "../shell/form";
import { metricOption, noiseOption, problemOf, promptOption, pythonMetric, pythonSetup, spectraOptions } from "../shell/problem";
import type { Rung, Settings } from "../shell/settings";
import { short } from "../shell/spectra";
import type { Host, Picture, Snippets, Table, View } from "../shell/view";
import { counted, spoken } from "../shell/words";
import { LOOKS, stepsOf } from "./curves";

type Searched = Exclude<Rung, "one-step">;
const SEARCHED: readonly Searched[] = ["population", "exact", "proportional"];
const EVERY = 12; // step counts up to here are all searched, then every second, third …
const MOST_COUNTS = 20;

/** The step counts of the frontier: all of the first ones, then fewer. */
export function stepCounts(most: number): number[] {
  const all = Array.from({ length: most }, (_, i) => i + 1);
  if (most <= MOST_COUNTS) return all;
  const first = all.slice(0, EVERY);
  const rest = MOST_COUNTS - EVERY;
  for (let i = 1; i <= rest; i++) first.push(Math.round(EVERY * (most / EVERY) ** (i / rest)));
  return [...new Set(first)];
}

/** The rungs that are searched: those that are ticked, or all. */
function rungsOf({ rungs }: Settings): readonly Searched[] {
  const wanted = SEARCHED.filter((rung) => rungs.includes(rung));
  return wanted.length > 0 ? wanted : SEARCHED;
}

/** E₀, the error before any thinking. */
function startError({ metric, lambda, sigma }: Problem): number {
  return metric === "prediction" ? Array.from(sigma ?? lambda).reduce((a, b) => a + b, 0) : lambda.length;
}

/** The target of these settings in the error's own units. */
export function targetError(settings: Settings, problem: Problem): number {
  return short(settings.target * startError(problem));
}

export function tradeoffSentence(found: readonly Frontier[], target: number, problem: Problem): string {
  const lead = found.find(({ rung }) => rung === "exact") ?? found.find(({ rung }) => rung === "proportional") ?? found[0];
  if (!lead) return "Looking for the shortest training prompts …";
  const goal = `an error of ${spoken(lead.error)} (${spoken(target)} of what it is before any thinking)`;
  const where = lead.rung === "population" || problem.m === Infinity ? "on endless test prompts" : lead.rung === "exact" ? `in the mean over test prompts of ${spoken(problem.m)}` : `on a typical test prompt of ${spoken(problem.m)}`;
  const reached = lead.points.filter(({ n }) => n !== null);
  const [first] = reached;
  const tried = lead.points[lead.points.length - 1]?.steps ?? 0;
  if (!first) return `No length of training prompts reaches ${goal} ${where} within ${counted(tried, "step")}.`;
  const best = reached.reduce((a, b) => ((b.n ?? Infinity) < (a.n ?? Infinity) ? b : a));
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

export class Tradeoff implements View {
  readonly id = "tradeoff";
  readonly title = "Trade-off";
  readonly alt = "Smallest number of training examples that reaches the target error, against the steps of thought, one curve for each rung.";
  private host: Host | undefined;
  private found: Frontier[] = [];
  private remarks: HTMLElement | undefined;

  mount(place: HTMLElement, host: Host): void {
    this.host = host;
    this.remarks = document.createElement("p");
    this.remarks.className = "remarks";
    place.append(this.remarks);
  }

  update(settings: Settings, problem: Problem): string {
    this.found = [];
    const error = targetError(settings, problem);
    this.draw(settings, problem, error);
    if (this.remarks) this.remarks.textContent = "";
    this.host?.inSlices(this.search(settings, problem, error));
    return "Looking for the shortest training prompts …";
  }

  private *search(settings: Settings, problem: Problem, error: number): Generator<unknown> {
    for (const rung of rungsOf(settings)) {
      const steps = stepCounts(problem.m === Infinity ? settings.k : stepsOf(rung, settings.k));
      const one = frontierSearch({ problem, error, steps, rung });
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

  private draw(settings: Settings, problem: Problem, error: number): void {
    const host = this.host;
    if (!host) return;
    const colours = host.palette();
    const data: object[] = this.found.map(({ rung, points }) => {
      const look = LOOKS[rung];
      const color = look.color(colours);
      return {
        type: "scatter",
        mode: "lines+markers",
        name: (host.narrow() ? SHORT_NAMES : RUNG_NAMES)[rung] + (points.some(({ n }) => n !== null) ? "" : ": out of reach"),
        x: points.map(({ steps }) => steps),
        y: points.map(({ n }) => n),
        line: { color, dash: look.dash, width: look.width },
        marker: { color, symbol: look.symbol, size: look.size, line: { color: colours.paper, width: 1 } },
        hovertemplate: "n = %{y:,}",
      };
    });
    if (!problem.sigma && settings.metric === "estimation") {
      const steps = stepCounts(settings.k);
      const hardness = taskHardness(problem);
      data.push({
        type: "scatter",
        mode: "lines",
        name: "Corollary 3.5",
        x: steps,
        y: steps.map((k) => Math.max(1, closedFormContext(hardness, problem.lambda.length, error, k))),
        line: { color: colours.muted, dash: "dot", width: 1.5 },
        hovertemplate: "n = %{y:,.0f}",
      });
    }
    const picture: Picture = {
      data,
      layout: {
        xaxis: { title: { text: "steps of thought k" }, range: [0.6 - 0.02 * settings.k, settings.k * 1.02 + 0.4], tickformat: "d", nticks: 12 },
        yaxis: { title: { text: "examples per training prompt n" }, ...logAxis([settings.n, ...data.flatMap((trace) => (trace as { y: (number | null)[] }).y)]) },
        shapes: [
          { type: "line", xref: "paper", x0: 0, x1: 1, y0: settings.n, y1: settings.n, line: { color: colours.muted, width: 1, dash: "dash" } },
        ],
        annotations: [
          { xref: "paper", x: 1, xanchor: "right", y: Math.log10(settings.n), yanchor: "bottom", text: `n = ${settings.n} now`, showarrow: false, font: { color: colours.muted } },
        ],
      },
    };
    host.draw(picture);
  }

  table(): Table {
    const rows = this.found.flatMap(({ rung, error, points }) =>
      points.map(({ steps, n, value }) => [rung, error, steps, n, value] as const),
    );
    return { columns: ["rung", "error", "steps", "n", "value"], rows };
  }

  snippets(settings: Settings): Snippets {
    const given = problemOf(settings);
    const error = targetError(settings, given);
    const rungs = rungsOf(settings);
    const counts = (rung: Searched): string =>
      stepCounts(given.m === Infinity ? settings.k : stepsOf(rung, settings.k)).join(",");
    const options = `${spectraOptions(settings)}${promptOption(settings)}${noiseOption(settings)}${metricOption(settings)}`;
    const command = rungs
      .map((rung) => `theorycalc tradeoff ${options} --error ${error} -k ${counts(rung)} --rung ${rung} --csv`)
      .join("\n");
    const calls = rungs.map(
      (rung) =>
        `print("${rung}", tc.frontier(setup, ${error}, [${counts(rung).replace(/,/g, ", ")}], rung="${rung}"${pythonMetric(settings)}).n[0])`,
    );
    return { command, python: `${pythonSetup(settings)}${calls.join("\n")}\n` };
  }
}
