/** Logarithmic axes with few, round, readable ticks. */

import { raised } from "./words";

const MOST_DECADES = 16; // what lies further below the largest value is cut off
const SHORT = 2.2; // decades: a shorter axis has 1, 2 and 5 of each decade at its ticks
const VERY_SHORT = 0.8; // and a still shorter one nine of them

function label(mantissa: number, exponent: number): string {
  const value = mantissa * 10 ** exponent;
  if (exponent >= -3 && exponent <= 4) return String(Number(value.toPrecision(3))).replace(/\B(?=(\d{3})+$)/g, value >= 1e4 ? "," : "");
  return (mantissa === 1 ? "" : `${mantissa}·`) + `10${raised(exponent)}`;
}

/** The axis that shows these values; of values of which none is positive, an empty one. */
export function logAxis(values: Iterable<number | null>, mostTicks = 9): Record<string, unknown> {
  const logs = Array.from(values).flatMap((value) => (value !== null && value > 0 && value < Infinity ? [Math.log10(value)] : []));
  if (logs.length === 0) return { type: "log", range: [-1, 1] };
  const top = logs.reduce((a, b) => Math.max(a, b));
  const bottom = Math.max(top - MOST_DECADES, logs.reduce((a, b) => Math.min(a, b)));
  const room = Math.max(0.08, 0.07 * (top - bottom));
  const range = [bottom - room, top + room] as const;
  const span = range[1] - range[0];
  const marks = span < VERY_SHORT ? [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9] : span < SHORT ? [1, 2, 5] : [1];
  const every = marks.length > 1 ? 1 : Math.max(1, Math.ceil(span / mostTicks));
  const tickvals: number[] = [];
  const ticktext: string[] = [];
  for (let exponent = Math.floor(range[0]); exponent <= range[1]; exponent++) {
    if (exponent % every !== 0) continue;
    for (const mark of marks) {
      const at = exponent + Math.log10(mark);
      if (at < range[0] || at > range[1]) continue;
      tickvals.push(mark * 10 ** exponent);
      ticktext.push(label(mark, exponent));
    }
  }
  return { type: "log", range, tickvals, ticktext };
}
