/** The problem that the settings state, and how it is said elsewhere. */

import type { Problem } from "../engine/index";
import { dimension, eigenvalues, testSpectrum, wordOf } from "./spectra";
import type { Spectrum } from "./spectra";
import type { Settings } from "./settings";

export function problemOf(settings: Settings): Problem {
  const test = testSpectrum(settings.train, settings.shift);
  return {
    lambda: eigenvalues(settings.train),
    sigma: test === null ? undefined : eigenvalues(test),
    n: settings.n,
    m: settings.m,
    noiseVar: settings.noise,
    metric: settings.metric,
  };
}

/** Options of the command line that state the problem, without n, m and the metric. */
export function spectraOptions(settings: Settings): string {
  const test = testSpectrum(settings.train, settings.shift);
  return `--train ${wordOf(settings.train)}` + (test === null ? "" : ` --test ${wordOf(test)}`);
}

/** " -m 100", or nothing where the prompt is endless, which is the command line's default. */
export function promptOption(settings: Settings): string {
  return settings.m === Infinity ? "" : ` -m ${settings.m}`;
}

export function metricOption(settings: Settings): string {
  return settings.metric === "estimation" ? "" : ` --metric ${settings.metric}`;
}

export function noiseOption(settings: Settings): string {
  return settings.noise === 0 ? "" : ` --noise ${settings.noise}`;
}

/** All options that state the problem. */
export function problemOptions(settings: Settings): string {
  return `${spectraOptions(settings)} -n ${settings.n}${promptOption(settings)}${noiseOption(settings)}`;
}

/** A spectrum in Python. */
export function pythonSpectrum(spectrum: Spectrum): string {
  const last = (value: number): string => (value === 1 ? "" : `, ${value}`);
  switch (spectrum.family) {
    case "iso":
      return `tc.isotropic(${spectrum.d}${last(spectrum.scale)})`;
    case "power":
      return `tc.power_law(${spectrum.d}, ${spectrum.alpha}${last(spectrum.scale)})`;
    case "spiked":
      return `tc.spiked(${spectrum.d}, [${spectrum.height}] * ${spectrum.spikes}${last(spectrum.bulk)})`;
    case "list":
      return `[${spectrum.values.join(", ")}]`;
  }
}

/** The lines of Python that state the problem as `setup`. */
export function pythonSetup(settings: Settings): string {
  const test = testSpectrum(settings.train, settings.shift);
  const parts = [pythonSpectrum(settings.train), `n=${settings.n}`];
  if (test !== null) parts.push(`Sigma=${pythonSpectrum(test)}`);
  if (settings.m !== Infinity) parts.push(`m=${settings.m}`);
  if (settings.noise !== 0) parts.push(`noise_var=${settings.noise}`);
  return `import theorycalc as tc\n\nsetup = tc.Setup(${parts.join(", ")})\n`;
}

/** ", metric=…" of a call in Python, or nothing for the default. */
export function pythonMetric(settings: Settings): string {
  return settings.metric === "estimation" ? "" : `, metric="${settings.metric}"`;
}

const NAMES = { iso: "equal skills", power: "a power law", spiked: "a spiked spectrum", list: "a list of skills" } as const;

/** The problem in a few words, as a caption of an exported picture. */
export function caption(settings: Settings): string {
  const { train, shift } = settings;
  const family = train.family === "power" ? `λᵢ ∝ i^(−${train.alpha})` : NAMES[train.family];
  const test =
    shift.kind === "same" ? "Σ = Λ" : shift.kind === "tilt" ? `Σ tilted by ${shift.tilt}, × ${shift.scale}` : "Σ of its own";
  const m = settings.m === Infinity ? "∞" : String(settings.m);
  const noise = settings.noise === 0 ? "" : `, noise ${settings.noise}`;
  return `${family}, d = ${dimension(train)}, ${test}, n = ${settings.n}, m = ${m}${noise}`;
}
