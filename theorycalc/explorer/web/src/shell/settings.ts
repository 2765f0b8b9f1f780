/** All settings of the page, their limits, and the link that holds them. */

import { MOST_SKILLS, parseNumber, parseSpectrum, Refusal, wordOf } from "./spectra";
import type { Shift, Spectrum } from "./spectra";

export const RUNGS = ["population", "one-step", "exact", "proportional"] as const;
export type Rung = (typeof RUNGS)[number];
export type Metric = "estimation" | "prediction";
export type Theme = "auto" | "light" | "dark";

export interface Settings {
  readonly train: Spectrum;
  readonly shift: Shift;
  readonly n: number;
  /** Infinity for an endless test prompt. */
  readonly m: number;
  /** Steps that are shown: 0 … k. */
  readonly k: number;
  readonly metric: Metric;
  readonly noise: number;
  /** Rungs that are drawn. */
  readonly rungs: readonly Rung[];
  /** Target of the trade-off, as a share of the error before any thinking. */
  readonly target: number;
  readonly view: string;
  readonly theme: Theme;
  /** What views keep for themselves: "selection.weights" → "0.5,0.5". */
  readonly own: Readonly<Record<string, string>>;
}

/** Least and greatest value of each number. */
export const LIMITS = {
  d: [1, MOST_SKILLS],
  n: [1, 1_000_000],
  m: [1, 10_000_000],
  k: [1, 200],
  noise: [0, 1_000_000],
  target: [1e-12, 1],
  tilt: [-3, 3],
  scale: [1e-3, 1e3],
} as const;

export const DEFAULTS: Settings = {
  train: { family: "power", d: 50, alpha: 0.5, scale: 1 },
  shift: { kind: "same" },
  n: 50,
  m: 200,
  k: 12,
  metric: "estimation",
  noise: 0,
  rungs: ["population", "exact", "proportional"],
  target: 0.1,
  view: "curves",
  theme: "auto",
  own: {},
};

/** Version of the link's form; a link of a later one is read as far as it is understood, and a note says so. */
export const LINK_VERSION = 1;
const MOST_OWN = 4000; // characters of a view's own setting

function shiftWord(shift: Shift): string {
  switch (shift.kind) {
    case "same":
      return "same";
    case "tilt":
      return `tilt:${shift.tilt}:${shift.scale}`;
    case "own":
      return wordOf(shift.spectrum);
  }
}

/** The link of these settings, without "#". */
export function writeLink(settings: Settings): string {
  const entries: [string, string][] = [
    ["v", String(LINK_VERSION)],
    ["view", settings.view],
    ["train", wordOf(settings.train)],
    ["test", shiftWord(settings.shift)],
    ["n", String(settings.n)],
    ["m", settings.m === Infinity ? "inf" : String(settings.m)],
    ["k", String(settings.k)],
    ["metric", settings.metric],
    ["noise", String(settings.noise)],
    ["rungs", settings.rungs.join(",")],
    ["target", String(settings.target)],
  ];
  if (settings.theme !== "auto") entries.push(["theme", settings.theme]);
  for (const key of Object.keys(settings.own).sort()) entries.push([key, settings.own[key] ?? ""]);
  const plain = (text: string): string => encodeURIComponent(text).replace(/%3A/g, ":").replace(/%2C/g, ",");
  return entries.map(([key, value]) => `${plain(key)}=${plain(value)}`).join("&");
}

/** Settings read from a link, and what of it could not be used. */
export interface LinkReading {
  readonly settings: Settings;
  readonly notes: readonly string[];
}

function parseShift(text: string): Shift {
  if (text === "same") return { kind: "same" };
  const [kind, tilt = "", scale = "1", ...rest] = text.split(":");
  if (kind !== "tilt" || rest.length > 0) return { kind: "own", spectrum: parseSpectrum(text) };
  return {
    kind: "tilt",
    tilt: within("tilt", tilt, LIMITS.tilt),
    scale: within("scale", scale, LIMITS.scale),
  };
}

function within(name: string, text: string, [low, high]: readonly [number, number]): number {
  const value = parseNumber(text);
  if (!Number.isFinite(value) || value < low || value > high) {
    throw new Refusal(`${name} is “${text.slice(0, 40)}”; give a number from ${low} to ${high}.`);
  }
  return value;
}

function whole(name: string, text: string, limits: readonly [number, number]): number {
  const value = within(name, text, limits);
  if (!Number.isInteger(value)) throw new Refusal(`${name} is “${text.slice(0, 40)}”; give a whole number.`);
  return value;
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === text);
  if (found === undefined) throw new Refusal(`${name} is “${text.slice(0, 40)}”; use ${allowed.join(" or ")}.`);
  return found;
}

/** How each key of a link changes the settings. */
const READERS: Record<string, (text: string) => Partial<Settings>> = {
  train: (text) => ({ train: parseSpectrum(text) }),
  test: (text) => ({ shift: parseShift(text) }),
  n: (text) => ({ n: whole("n", text, LIMITS.n) }),
  m: (text) => ({ m: /^(inf|infinity|∞)$/i.test(text) ? Infinity : whole("m", text, LIMITS.m) }),
  k: (text) => ({ k: whole("k", text, LIMITS.k) }),
  metric: (text) => ({ metric: oneOf("metric", text, ["estimation", "prediction"] as const) }),
  noise: (text) => ({ noise: within("noise", text, LIMITS.noise) }),
  rungs: (text) => {
    const wanted = text === "" ? [] : text.split(",").map((word) => oneOf("rungs", word, RUNGS));
    return { rungs: RUNGS.filter((rung) => wanted.includes(rung)) };
  },
  target: (text) => ({ target: within("target", text, LIMITS.target) }),
  view: (text) => ({ view: text }),
  theme: (text) => ({ theme: oneOf("theme", text, ["auto", "light", "dark"] as const) }),
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    return text;
  }
}

/** Read a link, with or without "#"; what it does not say, or says badly, stays as in `base`. */
export function readLink(link: string, base: Settings, views: readonly string[]): LinkReading {
  const notes: string[] = [];
  let settings = base;
  const own: Record<string, string> = { ...base.own };
  for (const part of link.replace(/^#/, "").split("&")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const key = decoded(at < 0 ? part : part.slice(0, at));
    const value = at < 0 ? "" : decoded(part.slice(at + 1));
    const reader = Object.keys(READERS).includes(key) ? READERS[key] : undefined;
    try {
      if (key === "v") {
        if (Number(value) !== LINK_VERSION) {
          notes.push(`The link is of version ${value.slice(0, 10)}, this page of ${LINK_VERSION}: it may be read amiss.`);
        }
      } else if (key === "view" && !views.includes(value)) {
        notes.push(`The link asks for the view “${value.slice(0, 40)}”, which this page does not have.`);
      } else if (reader) {
        settings = { ...settings, ...reader(value) };
      } else if (/^[a-z]+\.[a-zA-Z]+$/.test(key) && value.length <= MOST_OWN) {
        own[key] = value;
      } else {
        notes.push(`The link sets “${key.slice(0, 40)}”, which this page does not know.`);
      }
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      notes.push(`In the link, ${problem.message} It was left as it is.`);
    }
  }
  return { settings: { ...settings, own }, notes };
}
