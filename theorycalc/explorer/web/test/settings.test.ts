// The link that holds all settings: written, read back, and read from the hands of others.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS, LIMITS, LINK_VERSION, readLink, writeLink } from "../src/shell/settings";
import type { Settings } from "../src/shell/settings";

const VIEWS = ["curves", "tradeoff", "phases"];

const CASES: readonly Settings[] = [
  DEFAULTS,
  { ...DEFAULTS, train: { family: "list", values: [3, 0.1, 1e-7, 2.5e9] }, shift: { kind: "tilt", tilt: -0.5, scale: 2 }, m: Infinity },
  { ...DEFAULTS, train: { family: "spiked", d: 6, spikes: 2, height: 7, bulk: 0.25 }, shift: { kind: "own", spectrum: { family: "iso", d: 6, scale: 0.3 } } },
  { ...DEFAULTS, n: 1, m: 1, k: 200, metric: "prediction", noise: 0.125, rungs: ["exact"], target: 1e-12, view: "phases", theme: "dark" },
  { ...DEFAULTS, own: { "selection.tasks": "a=b&c#d%e+f ü", "phases.axes": "m,n" } },
];

test("what is written is read back, whatever the page had before", () => {
  for (const settings of CASES) {
    for (const base of [DEFAULTS, { ...CASES[3], own: {} }]) {
      const { settings: read, notes } = readLink(`#${writeLink(settings)}`, { ...base, theme: "auto" }, VIEWS);
      assert.deepEqual(notes, []);
      assert.deepEqual(read, settings);
    }
  }
});

test("what a link says badly is left as it was, and said", () => {
  const bad = [
    "n=0", "n=1.5", "n=1e99", "m=-1", "k=201", "k=", "noise=-1", "noise=nan", "metric=both", "rungs=exact,no", "target=0",
    "train=diag:1,0", "train=power:50", "train=__proto__", "test=tilt:9", "view=none", "theme=blue", "who=me", "__proto__=1",
    "constructor=x", `v=${LINK_VERSION + 1}`, "n=%E0%A4%A",
  ];
  for (const part of bad) {
    const { settings, notes } = readLink(part, DEFAULTS, VIEWS);
    assert.equal(notes.length, 1, part);
    assert.deepEqual(settings, DEFAULTS, part);
  }
  const { settings, notes } = readLink("n=7&k=nonsense&m=inf", DEFAULTS, VIEWS);
  assert.equal(notes.length, 1);
  assert.deepEqual(settings, { ...DEFAULTS, n: 7, m: Infinity });
});

test("the ends of every range are in it", () => {
  for (const key of ["n", "m", "k", "noise", "target"] as const) {
    for (const end of LIMITS[key]) assert.equal(readLink(`${key}=${end}`, DEFAULTS, VIEWS).settings[key], end, key);
  }
});
