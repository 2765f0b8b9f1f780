/** The numbers of the form, in its order. */

import { LIMITS } from "./settings";
import { MOST_SKILLS } from "./spectra";
import { decades, steps } from "./number_control";
import type { NumberSpec } from "./number_control";

const FINE = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8] as const;
const COARSE = [1, 1.5, 2, 3, 5, 7] as const;
const COUNTS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

/** Numbers of the training spectrum. */
export const SPECTRUM_NUMBERS: readonly NumberSpec[] = [
  {
    id: "d",
    label: "Skills",
    symbol: "d",
    hint: "Dimension: one eigenvalue of Λ for each skill.",
    grid: [...steps(1, 19, 1), ...steps(20, 48, 2), ...steps(50, 100, 5), ...steps(110, 200, 10)],
    limits: [...LIMITS.d],
    whole: true,
    get: ({ train }) => (train.family === "list" ? null : train.d),
    set: (settings, d) => {
      const { train } = settings;
      if (train.family === "list") return settings;
      if (train.family === "spiked") return { ...settings, train: { ...train, d, spikes: Math.min(train.spikes, d) } };
      return { ...settings, train: { ...train, d } };
    },
  },
  {
    id: "alpha",
    label: "Decay",
    symbol: "α",
    hint: "λᵢ ∝ i⁻ᵅ: the larger, the weaker the last skills.",
    grid: steps(0, 3, 0.05),
    limits: [-10, 10],
    whole: false,
    get: ({ train }) => (train.family === "power" ? train.alpha : null),
    set: (settings, alpha) =>
      settings.train.family === "power" ? { ...settings, train: { ...settings.train, alpha } } : settings,
  },
  {
    id: "spikes",
    label: "Strong skills",
    symbol: "r",
    hint: "How many eigenvalues stand out.",
    grid: steps(1, 20, 1),
    limits: [1, MOST_SKILLS],
    whole: true,
    get: ({ train }) => (train.family === "spiked" ? train.spikes : null),
    set: (settings, spikes) => {
      const { train } = settings;
      return train.family === "spiked"
        ? { ...settings, train: { ...train, spikes: Math.min(spikes, train.d) } }
        : settings;
    },
  },
  {
    id: "height",
    label: "Their strength",
    symbol: "h",
    hint: "Eigenvalue of each strong skill.",
    grid: decades(FINE, 0, 3),
    limits: [1e-6, 1e6],
    whole: false,
    get: ({ train }) => (train.family === "spiked" ? train.height : null),
    set: (settings, height) =>
      settings.train.family === "spiked" ? { ...settings, train: { ...settings.train, height } } : settings,
  },
  {
    id: "train-scale",
    label: "Scale",
    symbol: "c",
    hint: "Multiplies Λ; of a spiked spectrum, the other eigenvalues.",
    grid: decades(COARSE, -2, 2),
    limits: [1e-6, 1e6],
    whole: false,
    get: ({ train }) => (train.family === "list" ? null : train.family === "spiked" ? train.bulk : train.scale),
    set: (settings, value) => {
      const { train } = settings;
      if (train.family === "list") return settings;
      if (train.family === "spiked") return { ...settings, train: { ...train, bulk: value } };
      return { ...settings, train: { ...train, scale: value } };
    },
  },
];

export const TRAINING_NUMBERS: readonly NumberSpec[] = [
  {
    id: "n",
    label: "Examples in a training prompt",
    symbol: "n",
    hint: "The ridge tr Λ/n in Γ shrinks as n grows.",
    grid: [...COUNTS, ...decades(FINE, 1, 4)],
    limits: [...LIMITS.n],
    whole: true,
    get: (settings) => settings.n,
    set: (settings, n) => ({ ...settings, n }),
  },
];

export const SHIFT_NUMBERS: readonly NumberSpec[] = [
  {
    id: "tilt",
    label: "Tilt",
    symbol: "s",
    hint: "Σ ∝ Λ¹⁻ˢ: 0 the same skills, 1 equal skills, 2 the weak and the strong change places.",
    grid: steps(-1, 2, 0.05),
    limits: [...LIMITS.tilt],
    whole: false,
    get: ({ shift }) => (shift.kind === "tilt" ? shift.tilt : null),
    set: (settings, tilt) =>
      settings.shift.kind === "tilt" ? { ...settings, shift: { ...settings.shift, tilt } } : settings,
  },
  {
    id: "test-scale",
    label: "Scale of the test",
    symbol: "tr Σ/tr Λ",
    hint: "The same skills, asked for more or less strongly.",
    grid: decades(FINE, -1, 1),
    limits: [...LIMITS.scale],
    whole: false,
    get: ({ shift }) => (shift.kind === "tilt" ? shift.scale : null),
    set: (settings, scale) =>
      settings.shift.kind === "tilt" ? { ...settings, shift: { ...settings.shift, scale } } : settings,
  },
];

export const TEST_NUMBERS: readonly NumberSpec[] = [
  {
    id: "m",
    label: "Examples in the test prompt",
    symbol: "m",
    hint: "All the way to the right: an endless prompt, m = ∞.",
    grid: [...COUNTS, ...decades(FINE, 1, 5), Infinity],
    limits: [...LIMITS.m],
    whole: true,
    get: (settings) => settings.m,
    set: (settings, m) => ({ ...settings, m }),
  },
  {
    id: "noise",
    label: "Label noise",
    symbol: "σ²",
    hint: "Variance of the noise on the test labels.",
    grid: [0, ...decades(FINE, -3, 1)],
    limits: [...LIMITS.noise],
    whole: false,
    get: (settings) => settings.noise,
    set: (settings, noise) => ({ ...settings, noise }),
  },
];

export const THINKING_NUMBERS: readonly NumberSpec[] = [
  {
    id: "k",
    label: "Steps of thought",
    symbol: "k",
    hint: "Curves run from 0 to k; the exact mean as far as 8.",
    grid: [...steps(1, 20, 1), 25, 30, 40, 50, 60, 80, 100, 150, 200],
    limits: [...LIMITS.k],
    whole: true,
    get: (settings) => settings.k,
    set: (settings, k) => ({ ...settings, k }),
  },
  {
    id: "target",
    label: "Target error",
    symbol: "ε/E₀",
    hint: "As a share of the error before any thinking.",
    grid: decades(FINE, -6, 0),
    limits: [...LIMITS.target],
    whole: false,
    get: (settings) => (settings.view === "tradeoff" ? settings.target : null),
    set: (settings, target) => ({ ...settings, target }),
  },
];
