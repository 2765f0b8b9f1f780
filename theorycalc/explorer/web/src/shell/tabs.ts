/** The tabs of the views: arrow keys move between them, as the ARIA practices say. */

import { element } from "./dom";
import type { View } from "./view";

export class Tabs {
  private readonly buttons: HTMLButtonElement[];

  constructor(
    place: HTMLElement,
    private readonly views: readonly View[],
    chosen: (id: string) => void,
  ) {
    this.buttons = views.map((view) =>
      element("button", { type: "button", role: "tab", id: `tab-${view.id}`, "aria-controls": "view" }, view.title),
    );
    this.buttons.forEach((button, i) => {
      button.addEventListener("click", () => chosen(views[i]?.id ?? ""));
      button.addEventListener("keydown", (event) => {
        const last = views.length - 1;
        const moves: Record<string, number> = {
          ArrowRight: i === last ? 0 : i + 1,
          ArrowLeft: i === 0 ? last : i - 1,
          Home: 0,
          End: last,
        };
        const to = moves[event.key];
        if (to === undefined) return;
        event.preventDefault();
        this.buttons[to]?.focus();
        chosen(views[to]?.id ?? "");
      });
    });
    place.append(...this.buttons);
  }

  show(id: string): void {
    this.buttons.forEach((button, i) => {
      const shown = this.views[i]?.id === id;
      button.setAttribute("aria-selected", String(shown));
      button.tabIndex = shown ? 0 : -1;
    });
    document.getElementById("view")?.setAttribute("aria-labelledby", `tab-${id}`);
  }
}
