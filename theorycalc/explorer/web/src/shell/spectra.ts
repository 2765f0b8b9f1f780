/** Spectra as the controls and the links state them, in the command line's own words: `power:50:0.5`. */

export type Spectrum =
  | { readonly family: "iso"; readonly d: number; readonly scale: number }
  | { readonly family: "power"; readonly d: number; readonly alpha: number; readonly scale: number }
  | {
      readonly family: "spiked";
      readonly d: number;
      readonly spikes: number;
      readonly height: number;
      readonly bulk: number;
    }
  | { readonly family: "list"; readonly values: readonly number[] };

/** How the skills of the test differ from those of training. */
export type Shift =
  | { readonly kind: "same" }
  | { readonly kind: "tilt"; readonly tilt: number; readonly scale: number }
  | { readonly kind: "own"; readonly spectrum: Spectrum };

/** Most eigenvalues that the page takes: its update stays quick. */
export const MOST_SKILLS = 400;

const DIGITS = 12; // of numbers that the page makes up: short words, and the same problem everywhere
const WORDS = "use iso:D, power:D:ALPHA[:SCALE], spiked:D:SPIKE,…[:BULK] or a list such as 1, 0.5, 0.25";

/** A refusal: a sentence that names the input and the remedy. */
export class Refusal extends Error {}

/** The number rounded to twelve digits. */
export function short(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

export function dimension(spectrum: Spectrum): number {
  return spectrum.family === "list" ? spectrum.values.length : spectrum.d;
}

/** The eigenvalues, in the order of the skills. */
export function eigenvalues(spectrum: Spectrum): Float64Array {
  switch (spectrum.family) {
    case "iso":
      return new Float64Array(spectrum.d).fill(spectrum.scale);
    case "power":
      return Float64Array.from({ length: spectrum.d }, (_, i) => spectrum.scale * (i + 1) ** -spectrum.alpha);
    case "spiked":
      return Float64Array.from({ length: spectrum.d }, (_, i) => (i < spectrum.spikes ? spectrum.height : spectrum.bulk));
    case "list":
      return Float64Array.from(spectrum.values);
  }
}

function last(value: number): string {
  return value === 1 ? "" : `:${value}`;
}

/** The word of the command line for a spectrum; `parseSpectrum` reads it back. */
export function wordOf(spectrum: Spectrum): string {
  switch (spectrum.family) {
    case "iso":
      return `iso:${spectrum.d}${last(spectrum.scale)}`;
    case "power":
      return `power:${spectrum.d}:${spectrum.alpha}${last(spectrum.scale)}`;
    case "spiked":
      return `spiked:${spectrum.d}:${Array(spectrum.spikes).fill(spectrum.height).join(",")}${last(spectrum.bulk)}`;
    case "list":
      return `diag:${spectrum.values.join(",")}`;
  }
}

/** A number as people write it, "1/3" included. */
export function parseNumber(text: string): number {
  const [above, below, ...rest] = text.trim().split("/");
  const one = (part: string | undefined): number =>
    part !== undefined && /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(part) ? Number(part) : NaN;
  if (rest.length > 0) return NaN;
  return below === undefined ? one(above) : one(above) / one(below);
}

function positive(text: string, what: string): number {
  const value = parseNumber(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new Refusal(`${what} is “${text.trim().slice(0, 40)}”, which is no positive number; give one such as 0.5.`);
  }
  return value;
}

function count(text: string): number {
  const value = Number(text);
  if (!/^\s*\d+\s*$/.test(text) || value < 1 || value > MOST_SKILLS) {
    throw new Refusal(`The dimension is “${text.slice(0, 40)}”; give a whole number from 1 to ${MOST_SKILLS}.`);
  }
  return value;
}

/** Eigenvalues from pasted text or a file: numbers apart by commas, semicolons, spaces or lines; brackets are skipped. */
export function parseList(text: string): number[] {
  const cells = text
    .replace(/[[\]()]/g, " ")
    .split(/[\s,;]+/)
    .filter((cell) => cell !== "");
  if (cells.length === 0) throw new Refusal("The list of eigenvalues is empty; paste numbers such as 1, 0.5, 0.25.");
  if (cells.length > MOST_SKILLS) {
    throw new Refusal(`The list holds ${cells.length} eigenvalues, and the page takes ${MOST_SKILLS}; use Python beyond.`);
  }
  return cells.map((cell, i) => positive(cell, `Eigenvalue ${i + 1}`));
}

/** Read a spectrum from a word of the command line, or from a bare list of eigenvalues. */
export function parseSpectrum(text: string): Spectrum {
  const [family = "", ...parts] = text.trim().split(":");
  if (parts.length === 0) return { family: "list", values: parseList(text) };
  if (family === "diag" && parts.length === 1) return { family: "list", values: parseList(parts[0] ?? "") };
  const [d = "", second, third] = parts;
  if (family === "iso" && parts.length <= 2) {
    return { family, d: count(d), scale: second === undefined ? 1 : positive(second, "The scale") };
  }
  if (family === "power" && second !== undefined && parts.length <= 3) {
    const alpha = parseNumber(second);
    if (!Number.isFinite(alpha) || Math.abs(alpha) > 20) {
      throw new Refusal(`The exponent is “${second.slice(0, 40)}”; give a number from −20 to 20.`);
    }
    return { family, d: count(d), alpha, scale: third === undefined ? 1 : positive(third, "The scale") };
  }
  if (family === "spiked" && second !== undefined && parts.length <= 3) {
    const size = count(d);
    const heights = second.split(",").map((cell) => positive(cell, "A spike"));
    const bulk = third === undefined ? 1 : positive(third, "The bulk");
    if (heights.length > size) throw new Refusal(`There are ${heights.length} spikes for d = ${size}; use fewer.`);
    const height = heights[0] ?? 1;
    if (heights.every((value) => value === height)) return { family, d: size, spikes: heights.length, height, bulk };
    return { family: "list", values: [...heights, ...Array<number>(size - heights.length).fill(bulk)] };
  }
  throw new Refusal(`“${text.trim().slice(0, 40)}” is no spectrum; ${WORDS}.`);
}

/**
 * The spectrum of the test: σᵢ = scale · λᵢ^(1 − tilt), scaled so that tr Σ = scale · tr Λ.
 *
 * Tilt 0 keeps the skills as they were in training, 1 makes them equal, 2 turns their order around, and below 0 the
 * strong ones get stronger.
 */
export function tilted(train: Spectrum, tilt: number, scale: number): Spectrum {
  const lambda = eigenvalues(train);
  const top = Math.max(...lambda);
  const power = (value: number): number => (value / top) ** (1 - tilt);
  let before = 0;
  let after = 0;
  for (const value of lambda) {
    before += value;
    after += power(value);
  }
  const factor = (scale * before) / after;
  switch (train.family) {
    case "iso":
      return { family: "iso", d: train.d, scale: short(scale * train.scale) };
    case "power": {
      const first = factor * power(train.scale);
      return { family: "power", d: train.d, alpha: short(train.alpha * (1 - tilt)), scale: short(first) };
    }
    case "spiked": {
      const height = short(factor * power(train.height));
      return { ...train, height, bulk: short(factor * power(train.bulk)) };
    }
    case "list":
      return { family: "list", values: train.values.map((value) => short(factor * power(value))) };
  }
}

/** Σ, or null where it is Λ. */
export function testSpectrum(train: Spectrum, shift: Shift): Spectrum | null {
  if (shift.kind === "same" || (shift.kind === "tilt" && shift.tilt === 0 && shift.scale === 1)) return null;
  if (shift.kind === "tilt") return tilted(train, shift.tilt, shift.scale);
  const [inTraining, inTest] = [dimension(train), dimension(shift.spectrum)];
  if (inTraining !== inTest) {
    throw new Refusal(`The test has ${inTest} skills and training ${inTraining}; give Σ ${inTraining} eigenvalues.`);
  }
  return shift.spectrum;
}
