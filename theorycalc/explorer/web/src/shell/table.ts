/** The numbers of a view as a table on the page. */

import { element } from "./dom";
import { spoken } from "./words";
import type { Table } from "./view";

const MOST_ROWS = 201;

/** A table whose cells show six digits, and hold every digit in `data-value`. */
export function tableElement({ columns, rows }: Table, title: string): HTMLElement {
  const head = element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name)));
  const body = rows.slice(0, MOST_ROWS).map((row) =>
    element(
      "tr",
      {},
      ...row.map((value) => {
        const text = value === null ? "–" : typeof value === "number" ? spoken(value, 6) : value;
        return element("td", value === null ? {} : { "data-value": String(value) }, text);
      }),
    ),
  );
  const caption = rows.length > MOST_ROWS ? `${title}: ${MOST_ROWS} of ${rows.length} rows; the CSV has all` : title;
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table, ${title}` },
    element("table", {}, element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...body)),
  );
}
