/** The form that states the problem. */

import { element } from "./dom";
import { NumberControl } from "./number_control";
import type { NumberSpec } from "./number_control";
import { SHIFT_NUMBERS, SPECTRUM_NUMBERS, TEST_NUMBERS, THINKING_NUMBERS, TRAINING_NUMBERS } from "./numbers";
import { RUNGS } from "./settings";
import type { Metric, Rung, Settings } from "./settings";
import { dimension, eigenvalues, parseSpectrum, Refusal, short, wordOf } from "./spectra";
import type { Shift, Spectrum } from "./spectra";

type Change = (alter: (settings: Settings) => Settings) => void;
type Family = Spectrum["family"];
type Kind = Shift["kind"];

const FAMILIES: readonly [Family, string][] = [
  ["power", "power law"],
  ["iso", "all equal"],
  ["spiked", "a few strong skills"],
  ["list", "a list of eigenvalues"],
];
const KINDS: readonly [Kind, string][] = [
  ["same", "the same as in training"],
  ["tilt", "tilted or rescaled"],
  ["own", "a list of eigenvalues"],
];
const METRICS: readonly [Metric, string][] = [
  ["estimation", "of the weights, E‖w − w*‖²"],
  ["prediction", "on a fresh query"],
];
export const RUNG_NAMES: Readonly<Record<Rung, string>> = {
  population: "population law, m → ∞",
  "one-step": "one step, closed form",
  exact: "exact mean",
  proportional: "proportional limit",
};
/** For the legend on a phone. */
export const SHORT_NAMES: Readonly<Record<Rung, string>> = {
  population: "population",
  "one-step": "one step",
  exact: "exact",
  proportional: "proportional",
};
const MOST_FILE = 1_000_000; // bytes of a loaded list

/** What of a spectrum's numbers survives when its family changes. */
function asFamily(train: Spectrum, family: Family): Spectrum {
  const d = dimension(train);
  switch (family) {
    case "iso":
      return { family, d, scale: 1 };
    case "power":
      return { family, d, alpha: 0.5, scale: 1 };
    case "spiked":
      return { family, d, spikes: Math.min(3, d), height: 10, bulk: 1 };
    case "list":
      return { family, values: Array.from(eigenvalues(train), short) };
  }
}

function asKind(settings: Settings, kind: Kind): Shift {
  switch (kind) {
    case "same":
      return { kind };
    case "tilt":
      return { kind, tilt: 1, scale: 1 };
    case "own":
      return { kind, spectrum: asFamily(settings.train, "list") };
  }
}

/** The values of a list as text for its box; of a family, its word. */
function listText(spectrum: Spectrum): string {
  return spectrum.family === "list" ? spectrum.values.join(", ") : wordOf(spectrum);
}

/** A box for a list of eigenvalues, and a button that loads one from a file. */
class ListBox {
  readonly row: HTMLElement;
  private readonly area: HTMLTextAreaElement;
  private readonly complaint: HTMLElement;

  constructor(id: string, label: string, apply: (spectrum: Spectrum) => void) {
    this.area = element("textarea", { id, rows: "4", spellcheck: "false", "aria-describedby": `${id}-complaint` });
    this.complaint = element("p", { id: `${id}-complaint`, class: "complaint", role: "alert" });
    const file = element("input", { type: "file", id: `${id}-file`, accept: ".txt,.csv,.json,text/plain", class: "file" });
    const read = (): void => {
      try {
        apply(parseSpectrum(this.area.value));
        this.complain("");
      } catch (problem) {
        if (!(problem instanceof Refusal)) throw problem;
        this.complain(problem.message);
      }
    };
    this.area.addEventListener("input", read);
    file.addEventListener("change", () => {
      const chosen = file.files?.[0];
      if (!chosen) return;
      if (chosen.size > MOST_FILE) {
        this.complain(`${chosen.name} is larger than a list of eigenvalues; choose a text file of numbers.`);
        return;
      }
      void chosen.text().then((text) => {
        this.area.value = text.trim();
        read();
      });
    });
    this.row = element(
      "div",
      { class: "row wide" },
      element("label", { for: id }, label),
      this.area,
      element("label", { for: `${id}-file`, class: "hint" }, "or load them from a file (.txt, .csv, .json):"),
      file,
      this.complaint,
    );
  }

  private complain(sentence: string): void {
    this.complaint.textContent = sentence;
    if (sentence) this.area.setAttribute("aria-invalid", "true");
    else this.area.removeAttribute("aria-invalid");
  }

  show(spectrum: Spectrum | null): void {
    this.row.hidden = spectrum === null;
    if (spectrum === null || document.activeElement === this.area) return;
    this.area.value = listText(spectrum);
    this.complain("");
  }
}

function choice<T extends string>(
  id: string,
  label: string,
  options: readonly (readonly [T, string])[],
  chosen: (value: T) => void,
): { row: HTMLElement; select: HTMLSelectElement } {
  const select = element("select", { id }, ...options.map(([value, text]) => element("option", { value }, text)));
  select.addEventListener("change", () => chosen(select.value as T));
  return { row: element("div", { class: "row choice" }, element("label", { for: id }, label), select), select };
}

/** Fill `place` with the form; the result shows settings in it. */
export function mountForm(place: HTMLElement, change: Change): (settings: Settings) => void {
  const numbers: NumberControl[] = [];
  const rows = (specs: readonly NumberSpec[]): HTMLElement[] =>
    specs.map((spec) => {
      const control = new NumberControl(spec, change);
      numbers.push(control);
      return control.row;
    });
  const family = choice("family", "Spectrum of Λ", FAMILIES, (value) =>
    change((settings) => ({ ...settings, train: asFamily(settings.train, value) })),
  );
  const trainList = new ListBox("train-list", "Eigenvalues of Λ", (train) =>
    change((settings) => ({ ...settings, train: { family: "list", values: Array.from(eigenvalues(train)) } })),
  );
  const kind = choice("kind", "Skills of the test", KINDS, (value) =>
    change((settings) => ({ ...settings, shift: asKind(settings, value) })),
  );
  const testList = new ListBox("test-list", "Eigenvalues of Σ, in the order of Λ’s", (spectrum) =>
    change((settings) => ({ ...settings, shift: { kind: "own", spectrum } })),
  );
  const metric = choice("metric", "Error", METRICS, (value) => change((settings) => ({ ...settings, metric: value })));
  const boxes = RUNGS.map((rung) => {
    const box = element("input", { type: "checkbox", id: `rung-${rung}` });
    box.addEventListener("change", () =>
      change((settings) => ({
        ...settings,
        rungs: RUNGS.filter((other) => (other === rung ? box.checked : settings.rungs.includes(other))),
      })),
    );
    return { rung, box };
  });
  const rungs = element(
    "div",
    { class: "rungs", role: "group", "aria-label": "Curves" },
    ...boxes.map(({ rung, box }) =>
      element("label", { class: `rung ${rung}`, for: box.id }, box, element("span", {}, RUNG_NAMES[rung])),
    ),
  );
  const group = (title: string, ...parts: HTMLElement[]): HTMLElement =>
    element("fieldset", {}, element("legend", {}, title), ...parts);
  place.append(
    group("Training", family.row, ...rows(SPECTRUM_NUMBERS), trainList.row, ...rows(TRAINING_NUMBERS)),
    group("Test", kind.row, ...rows(SHIFT_NUMBERS), testList.row, ...rows(TEST_NUMBERS)),
    group("Thinking", ...rows(THINKING_NUMBERS), metric.row, rungs),
  );
  return (settings) => {
    for (const control of numbers) control.show(settings);
    family.select.value = settings.train.family;
    kind.select.value = settings.shift.kind;
    metric.select.value = settings.metric;
    trainList.show(settings.train.family === "list" ? settings.train : null);
    testList.show(settings.shift.kind === "own" ? settings.shift.spectrum : null);
    for (const { rung, box } of boxes) box.checked = settings.rungs.includes(rung);
  };
}
