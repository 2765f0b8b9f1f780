/** The picture of the shown view: plotly in this page's fonts, colours and margins, and the files made of it. */

import type { Palette, Picture } from "./view";

interface Plotly {
  react(place: HTMLElement, data: readonly object[], layout: object, config: object): Promise<unknown>;
  toImage(picture: object, how: object): Promise<string>;
  Plots: { resize(place: HTMLElement): void };
}

declare global {
  // set by plotly's own script, which runs after the first paint
  // eslint-disable-next-line no-var
  var Plotly: Plotly | undefined;
}

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false, showTips: false };
const EXPORT_SIZE = { width: 960, height: 600 };

/** Plain objects merged, `over` winning; other values replaced. */
function merged(under: object, over: object): Record<string, unknown> {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    const plain = (x: unknown): x is object => typeof x === "object" && x !== null && !Array.isArray(x);
    result[key] = plain(below) && plain(value) ? merged(below, value) : value;
  }
  return result;
}

function axis(colours: Palette): object {
  return {
    color: colours.ink,
    gridcolor: colours.grid,
    linecolor: colours.muted,
    tickcolor: colours.muted,
    zeroline: false,
    showline: true,
    ticks: "outside",
    ticklen: 4,
    automargin: true,
    exponentformat: "power",
    title: { standoff: 8, font: { size: 14 } },
  };
}

/** The layout with the page's defaults under it; every axis that it names gets the page's look. */
function dressed(layout: object, colours: Palette, narrow: boolean): Record<string, unknown> {
  const base: Record<string, unknown> = {
    font: { family: FONT, size: narrow ? 12 : 14, color: colours.ink },
    paper_bgcolor: colours.paper,
    plot_bgcolor: colours.paper,
    margin: narrow ? { l: 48, r: 10, t: 10, b: 44 } : { l: 64, r: 20, t: 16, b: 56 },
    hovermode: "x unified",
    hoverlabel: { bgcolor: colours.paper, bordercolor: colours.muted, font: { color: colours.ink } },
    legend: { orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom", font: { size: narrow ? 11 : 13 } },
    dragmode: false,
    autosize: true,
  };
  for (const name of new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))])) {
    base[name] = axis(colours);
  }
  return merged(base, layout);
}

export class Drawing {
  private last: Picture | null = null;
  /** Set while the last drawing is on the screen. */
  drawn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly place: HTMLElement,
    private readonly colours: () => Palette,
    private readonly narrow: () => boolean,
  ) {}

  /** Draw; before plotly has run, remember what to draw. */
  draw(picture: Picture): void {
    this.last = picture;
    if (!globalThis.Plotly) return;
    const layout = dressed(picture.layout, this.colours(), this.narrow());
    const { height } = picture.layout as { height?: number };
    this.place.classList.remove("waiting");
    this.place.classList.toggle("tall", height !== undefined);
    this.place.style.height = height === undefined ? "" : `${height}px`;
    this.drawn = globalThis.Plotly.react(this.place, picture.data, layout, CONFIG);
  }

  /** Draw again: the theme or the width has changed, or plotly has come. */
  again(): void {
    if (this.last) this.draw(this.last);
  }

  /** Take the picture away. */
  clear(): void {
    if (this.last) this.draw({ data: [], layout: { xaxis: { visible: false }, yaxis: { visible: false } } });
    this.last = null;
  }

  /** The picture as a file, with a heading and a caption, at a size for a page or a slide. */
  async file(format: "png" | "svg", heading: string, caption: string): Promise<Blob> {
    if (!globalThis.Plotly || !this.last) throw new Error("There is no picture yet.");
    const colours = this.colours();
    const own = this.last.layout as { margin?: { t?: number; b?: number } };
    const layout = merged(dressed(this.last.layout, colours, false), {
      ...EXPORT_SIZE,
      autosize: false,
      margin: { t: Math.max(96, (own.margin?.t ?? 0) + 64), b: 96, l: 72, r: 32 },
      title: { text: heading, x: 0.02, xanchor: "left", y: 0.97, yanchor: "top", font: { size: 20 } },
    });
    const small = { text: caption, showarrow: false, xref: "paper", yref: "paper", x: 0, y: 0, yshift: -84 };
    const look = { xanchor: "left", yanchor: "bottom", font: { size: 12, color: colours.muted } };
    const given = (layout["annotations"] as object[] | undefined) ?? [];
    layout["annotations"] = [...given, { ...small, ...look }];
    const picture = { data: this.last.data, layout, config: CONFIG };
    const url = await globalThis.Plotly.toImage(picture, { format, scale: format === "png" ? 2 : 1, ...EXPORT_SIZE });
    return fromDataUrl(url);
  }
}

/** The bytes of a data URL, without a request. */
function fromDataUrl(url: string): Blob {
  const comma = url.indexOf(",");
  const [head, body] = [url.slice(0, comma), url.slice(comma + 1)];
  const type = head.slice(5).split(/[;,]/)[0] ?? "";
  if (!head.includes("base64")) return new Blob([decodeURIComponent(body)], { type });
  return new Blob([Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0))], { type });
}
