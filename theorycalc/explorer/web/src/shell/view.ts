/**
 * What a view is: one picture of the problem, one sentence about it, one table of its numbers.
 *
 * The shell owns the problem's controls, the permalink, the theme and the exports. A view owns its picture, and the
 * controls that only it has; what these are set to it keeps in the permalink through `host.keep`.
 */

import type { Problem } from "../engine/index";
import type { Settings } from "./settings";

/** Numbers of a view, as its CSV and its table on the page hold them; null where there is no number. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (number | string | null)[])[];
}

/** How the same numbers are asked for on the command line and in Python; each may be several lines. */
export interface Snippets {
  readonly command: string;
  readonly python: string;
}

/** Colours of the current theme. `cycle` is Okabe and Ito's, as in the figures; its first entries name the rungs. */
export interface Palette {
  readonly dark: boolean;
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly paper: string;
  readonly blue: string;
  readonly vermillion: string;
  readonly green: string;
  readonly purple: string;
  readonly orange: string;
  readonly sky: string;
  readonly cycle: readonly string[];
}

/** A picture as plotly takes it. */
export interface Picture {
  readonly data: readonly object[];
  readonly layout: object;
}

/** What the shell does for a view. */
export interface Host {
  /** Colours of the current theme; ask in every update, as the theme may have changed. */
  palette(): Palette;
  /** Draw into the view's picture, in the shell's fonts, colours and margins; what `layout` sets goes first. */
  draw(picture: Picture): void;
  /** Replace the sentence, after work in slices. */
  say(sentence: string): void;
  /** Say that the table has changed, after work in slices. */
  refresh(): void;
  /**
   * Run a generator in slices of a few milliseconds, so that the page stays quick; each `yield` is a place to pause.
   * The next update of any view stops it. At most one runs at a time.
   */
  inSlices(work: Iterator<unknown>): void;
  /** Keep one of the view's own settings in the permalink, and update the view. */
  keep(key: string, value: string): void;
  /** What `keep` kept, in this page or in the link that opened it. */
  kept(key: string): string | undefined;
  /** Whether the page is narrow, as on a phone. */
  narrow(): boolean;
}

/** One view of the explorer. */
export interface View {
  /** Short name, in the permalink: letters only. */
  readonly id: string;
  /** On its tab. */
  readonly title: string;
  /** What the picture shows, for those who cannot see it. */
  readonly alt: string;
  /** Make the view's own controls, above its picture; called once. The picture itself is the shell's. */
  mount(place: HTMLElement, host: Host): void;
  /**
   * Compute and draw; return the sentence. Called at every change of the settings while the view is shown; it must
   * take less than 100 ms at d = 50: what takes longer goes through `host.inSlices`. May throw an Error whose message
   * is a sentence that names the input and the remedy: it is shown in place of the sentence.
   */
  update(settings: Settings, problem: Problem): string;
  /** The numbers of the picture, as of the last update. */
  table(): Table;
  /** How to get them elsewhere. */
  snippets(settings: Settings): Snippets;
}
