/** A number that is set by a slider or typed: the slider steps through round values, the field takes any. */

import { element } from "./dom";
import { parseNumber } from "./spectra";
import type { Settings } from "./settings";

export interface NumberSpec {
  readonly id: string;
  /** Said by a screen reader and shown: "Training examples". */
  readonly label: string;
  /** Its letter in the formulas. */
  readonly symbol: string;
  readonly hint: string;
  /** Values of the slider, ascending; Infinity may be last. */
  readonly grid: readonly number[];
  /** Of the field: least and greatest value. */
  readonly limits: readonly [number, number];
  readonly whole: boolean;
  /** The value, or null where it does not apply and is not shown. */
  readonly get: (settings: Settings) => number | null;
  readonly set: (settings: Settings, value: number) => Settings;
}

/** Round values: every mark of every decade from 10^first to 10^last, both ends included. */
export function decades(marks: readonly number[], first: number, last: number): number[] {
  const values: number[] = [];
  for (let decade = first; decade < last; decade++) {
    for (const mark of marks) values.push(Number((mark * 10 ** decade).toPrecision(6)));
  }
  return [...values, Number((10 ** last).toPrecision(6))];
}

/** low, low + step, …, high. */
export function steps(low: number, high: number, step: number): number[] {
  const count = Math.round((high - low) / step);
  return Array.from({ length: count + 1 }, (_, i) => Number((low + i * step).toPrecision(6)));
}

/** Position of the grid's value nearest to `value`, by ratio where all are positive. */
export function nearest(grid: readonly number[], value: number): number {
  const scale = grid[0] !== undefined && grid[0] > 0 ? Math.log : (x: number) => x;
  let best = 0;
  let least = Infinity;
  grid.forEach((entry, i) => {
    const away = entry === value ? 0 : Math.abs(scale(entry) - scale(value));
    if (away < least) [best, least] = [i, away];
  });
  return best;
}

export function written(value: number): string {
  return value === Infinity ? "∞" : String(value);
}

/** The number that was typed, or a sentence about what is wrong with it. */
export function readField(text: string, spec: Pick<NumberSpec, "limits" | "whole" | "grid">): number | string {
  const endless = spec.grid[spec.grid.length - 1] === Infinity;
  if (endless && /^\s*(∞|inf|infinity)\s*$/i.test(text)) return Infinity;
  const value = parseNumber(text.replace(/,(?=\d{3}\b)/g, "").replace("−", "-"));
  const [low, high] = spec.limits;
  const range = `${low} to ${high}${endless ? ", or inf" : ""}`;
  if (!Number.isFinite(value)) return `Not a number; give one from ${range}.`;
  if (spec.whole && !Number.isInteger(value)) return `Not a whole number; give one from ${range}.`;
  if (value < low || value > high) return `Out of range; give a number from ${range}.`;
  return value;
}

/** The row of one number in the form. */
export class NumberControl {
  readonly row: HTMLElement;
  private readonly field: HTMLInputElement;
  private readonly slider: HTMLInputElement;
  private readonly complaint: HTMLElement;

  constructor(
    private readonly spec: NumberSpec,
    change: (alter: (settings: Settings) => Settings) => void,
  ) {
    const { id, label, symbol, hint, grid } = spec;
    this.field = element("input", {
      id,
      class: "field",
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      "aria-describedby": `${id}-hint ${id}-complaint`,
    });
    this.slider = element("input", {
      id: `${id}-slider`,
      type: "range",
      min: "0",
      max: String(grid.length - 1),
      step: "1",
      "aria-label": `${label}, slider`,
    });
    this.complaint = element("p", { id: `${id}-complaint`, class: "complaint", role: "alert" });
    const name = element("label", { for: id }, label, " ", element("var", {}, symbol));
    const text = element("p", { id: `${id}-hint`, class: "hint" }, hint);
    this.row = element("div", { class: "row" }, name, this.field, this.slider, text, this.complaint);
    this.slider.addEventListener("input", () => {
      const value = grid[Number(this.slider.value)] ?? grid[0] ?? 0;
      this.field.value = written(value);
      this.complain("");
      change((settings) => spec.set(settings, value));
    });
    this.field.addEventListener("input", () => {
      const value = readField(this.field.value, spec);
      this.complain(typeof value === "string" ? value : "");
      if (typeof value === "number") change((settings) => spec.set(settings, value));
    });
  }

  private complain(sentence: string): void {
    this.complaint.textContent = sentence;
    if (sentence) this.field.setAttribute("aria-invalid", "true");
    else this.field.removeAttribute("aria-invalid");
  }

  /** Show what the settings are; a field that is being typed in is left alone. */
  show(settings: Settings): void {
    const value = this.spec.get(settings);
    this.row.hidden = value === null;
    if (value === null) return;
    if (document.activeElement !== this.field) {
      this.field.value = written(value);
      this.complain("");
    }
    this.slider.value = String(nearest(this.spec.grid, value));
    this.slider.setAttribute("aria-valuetext", written(value));
  }
}
