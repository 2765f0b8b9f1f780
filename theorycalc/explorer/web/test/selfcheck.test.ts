import assert from "node:assert/strict";
import { test } from "node:test";

import table from "../../checks.json";
import { selfcheck, TOLERANCE } from "../src/engine/index";
import type { CheckTable } from "../src/engine/index";

const committed = table as unknown as CheckTable;

test("every value of the committed table is found again", () => {
  const found = selfcheck(committed);
  assert.deepEqual(found.failures, []);
  assert.ok(found.ok && found.agreed === found.total && found.total > 500);
  assert.ok(found.worst < TOLERANCE / 20, `worst ${found.worst}`);
});

test("one wrong value in any case is found, and the case is named", () => {
  for (const one of committed.cases) {
    const at = one.values.length - 1;
    const values = one.values.map((value, i) => (i === at ? (value === 0 ? 1e-9 : value * (1 + 1e-9)) : value));
    const found = selfcheck({ ...committed, cases: [{ ...one, values }] });
    assert.equal(found.ok, false, one.name);
    assert.equal(found.agreed, found.total - 1);
    assert.ok(found.failures[0].startsWith(one.name));
    assert.match(found.sentence, /Do not trust/);
  }
});

test("a table that is missing, empty, malformed or of another format fails", () => {
  const one = committed.cases[0];
  const bad = [
    null,
    undefined,
    { ...committed, cases: [] },
    { ...committed, format: 2 },
    { ...committed, cases: [{ ...one, kind: "spell" }] },
    { ...committed, cases: [{ ...one, values: [] }] },
    { ...committed, cases: [{ ...one, values: one.values.slice(1) }] },
    { ...committed, cases: [{ ...one, values: [...one.values, 1] }] },
    { ...committed, cases: [{ ...one, values: one.values.map(() => null) }] },
    { ...committed, cases: [{ name: "no problem", kind: "gamma", values: [1] }] },
    { ...committed, cases: [null] },
  ];
  for (const given of bad) assert.equal(selfcheck(given as unknown as CheckTable).ok, false, JSON.stringify(given)?.slice(0, 80));
});
