/** The start of the page, in an order that shows something soon: controls and a sentence, plotly, the self-check. */

import { selfcheck } from "../engine/index";
import type { SelfCheck } from "../engine/index";
import { App } from "./app";
import { byId, element } from "./dom";
import type { View } from "./view";

/** Text of a data block of the page; "" where it is missing. */
function block(id: string): string {
  return document.getElementById(id)?.textContent ?? "";
}

/** Plotly's script, kept as text until the page has been painted: reading it takes half a second. */
function runPlotly(): void {
  const script = element("script", {});
  script.textContent = block("plotly-source");
  document.head.append(script);
}

function showCheck(found: SelfCheck): void {
  const place = byId("selfcheck");
  place.textContent = found.sentence;
  place.dataset["ok"] = String(found.ok);
  if (found.ok) return;
  const banner = byId("banner");
  banner.hidden = false;
  banner.replaceChildren(element("strong", {}, "This page computes wrongly here. "), found.sentence);
  const list = element("ul", {}, ...found.failures.slice(0, 5).map((line) => element("li", {}, line)));
  banner.append(list);
}

function check(): void {
  let table: unknown = null;
  try {
    table = JSON.parse(block("explorer-checks"));
  } catch {
    // a table that cannot be read is no table: the check fails and says so
  }
  showCheck(selfcheck(table as Parameters<typeof selfcheck>[0]));
}

function afterPaint(work: () => void): void {
  requestAnimationFrame(() => setTimeout(work, 0));
}

/** Run once the whole file has been read: plotly's text is its last and largest part. */
function whenRead(work: () => void): void {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", work, { once: true });
  else work();
}

export function start(views: readonly View[]): void {
  const app = new App(views, block("explorer-initial"));
  const finish = (): void => {
    check();
    document.documentElement.dataset["ready"] = "true"; // all that a reader waits for is there
  };
  whenRead(() =>
    afterPaint(() => {
      runPlotly();
      app.plotlyCame();
      afterPaint(finish);
    }),
  );
}
