/** Numbers in sentences. */

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A number to three digits: 0.0123, 1,250, 3.2 × 10⁻⁹, ∞. */
export function spoken(value: number, digits = 3): string {
  if (value === Infinity) return "∞";
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return grouped(String(value));
  if (size >= 1e5 || size < 1e-3) {
    const [mantissa = "", exponent = "0"] = value.toExponential(digits - 1).split("e");
    return `${trimmed(mantissa)} × 10${raised(Number(exponent))}`.replace(/^1 × /, "");
  }
  return grouped(trimmed(value.toPrecision(digits).includes("e") ? String(Math.round(value)) : value.toPrecision(digits)));
}

function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function grouped(text: string): string {
  const [whole = "", rest] = text.split(".");
  const parts = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  return (rest === undefined ? parts : `${parts}.${rest}`).replace(/^-/, "−");
}

/** An exponent as superscript digits. */
export function raised(exponent: number): string {
  const digits = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("");
  return (exponent < 0 ? "⁻" : "") + digits;
}

/** "1 skill", "3 skills". */
export function counted(count: number, noun: string): string {
  return `${spoken(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** "a", "a and b", "a, b and c". */
export function joined(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;
}

/** A table as CSV: every digit, an empty cell where there is no number. */
export function csv(columns: readonly string[], rows: readonly (readonly (number | string | null)[])[]): string {
  const cell = (value: number | string | null): string => {
    if (value === null) return "";
    const text = value === Infinity ? "inf" : String(value);
    return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(",") + "\n").join("");
}
