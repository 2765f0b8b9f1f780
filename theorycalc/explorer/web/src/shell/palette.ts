/** Colours: Okabe and Ito's, as in the package's figures; lighter on dark paper, in the same order of brightness. */

import type { Palette } from "./view";

export const LIGHT: Palette = palette(false, {
  ink: "#1d1f21",
  muted: "#565a5f",
  grid: "#e4e2dc",
  paper: "#fffefb",
  blue: "#0072b2",
  vermillion: "#d55e00",
  green: "#009e73",
  purple: "#aa4499",
  orange: "#e69f00",
  sky: "#56b4e9",
});

export const DARK: Palette = palette(true, {
  ink: "#ecebe6",
  muted: "#a9adb3",
  grid: "#33373d",
  paper: "#17191c",
  blue: "#4da6e0",
  vermillion: "#ff8a45",
  green: "#2fc89b",
  purple: "#d98bcb",
  orange: "#f2b63c",
  sky: "#9bd4f5",
});

function palette(dark: boolean, colours: Omit<Palette, "dark" | "cycle">): Palette {
  const { blue, vermillion, green, purple, orange, sky } = colours;
  return { dark, ...colours, cycle: [blue, vermillion, green, purple, orange, sky] };
}
