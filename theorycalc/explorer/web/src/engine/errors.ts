// What the engine says when it cannot answer: which input, what is wrong with it, and what to do instead.

export type Trouble = "invalid" | "outside" | "range";

/** An input that is not a problem ("invalid"), a question without an answer ("outside"), or numbers beyond float64 ("range"). */
export class EngineError extends Error {
  readonly trouble: Trouble;
  readonly argument: string;

  constructor(trouble: Trouble, argument: string, sentence: string) {
    super(sentence);
    this.name = "EngineError";
    this.trouble = trouble;
    this.argument = argument;
  }
}

/** The error for one argument: "n = 0: not a count; use an integer ≥ 1". */
export function refused(argument: string, value: unknown, problem: string, remedy: string): EngineError {
  return new EngineError("invalid", argument, `${argument} = ${shown(value)}: ${problem}; ${remedy}`);
}

function shown(value: unknown): string {
  if (value === Infinity) return "∞";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
