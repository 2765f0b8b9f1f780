/** What the view of task selection keeps: the tasks, in words without the dimension, and their weights. */

import { MOST_TASKS } from "../engine/index";
import { eigenvalues, parseSpectrum, Refusal, wordOf } from "../shell/spectra";
import type { Spectrum } from "../shell/spectra";

export const FEWEST = 2;
export const MOST = 6; // sliders on a page; the engine takes MOST_TASKS

/** Tasks to begin with: equal skills, and three that care for the first ones more and more. */
export const FIRST_TASKS = ["iso", "power:0.4", "power:0.8", "power:1.2:3"];

const WORDS = "write iso:SCALE, power:ALPHA:SCALE, spiked:SPIKE,…:BULK (no dimension), or one number for each skill";

/** The spectrum of a task: a family of the command line without its dimension, or a list of `d` numbers. */
export function taskSpectrum(word: string, d: number, place: string): Spectrum {
  const [family = "", ...parts] = word.trim().split(":");
  try {
    const known = family === "iso" || family === "power" || family === "spiked";
    const found = parseSpectrum(known ? [family, d, ...parts].join(":") : word);
    const count = eigenvalues(found).length;
    if (count !== d) throw new Refusal(`it has ${count} eigenvalues, and there are ${d} skills`);
    return found;
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    throw new Refusal(`${place} is “${word.slice(0, 40)}”: ${why.replace(/\.$/, "")}; ${WORDS}.`);
  }
}

/** The word of the command line for a task. */
export function taskWord(word: string, d: number, place: string): string {
  return wordOf(taskSpectrum(word, d, place));
}

export function readTasks(kept: string | undefined): string[] {
  const words = (kept ?? "").split(";").map((word) => word.trim()); // one that is being typed may be empty
  if (words.length < FEWEST) return [...FIRST_TASKS];
  return words.slice(0, Math.min(MOST, MOST_TASKS));
}

/** Weights from the link, if they are as many probabilities as there are tasks; else equal ones. */
export function readWeights(kept: string | undefined, tasks: number): Float64Array {
  const numbers = (kept ?? "").split(",").map(Number);
  const sum = numbers.reduce((a, b) => a + b, 0);
  const good = numbers.length === tasks && numbers.every((w) => w >= 0) && Math.abs(sum - 1) < 1e-6;
  return Float64Array.from({ length: tasks }, (_, ell) => (good ? numbers[ell] / sum : 1 / tasks));
}

/** Weights in decimals that sum to 1 exactly, as the command line wants them. */
export function decimals(weights: ArrayLike<number>, digits = 15): string[] {
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
