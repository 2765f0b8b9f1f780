/** The page at work: settings in, sentence, picture and table out. */

import { EngineError } from "../engine/index";
import { byId, copied, download, element } from "./dom";
import { Drawing } from "./drawing";
import { EXAMPLES } from "./examples";
import { mountForm } from "./form";
import { DARK, LIGHT } from "./palette";
import { caption, problemOf } from "./problem";
import { DEFAULTS, readLink, writeLink } from "./settings";
import type { Settings } from "./settings";
import { Slices } from "./slices";
import { Refusal } from "./spectra";
import { tableElement } from "./table";
import { Tabs } from "./tabs";
import type { Host, Palette, View } from "./view";
import { csv } from "./words";

const LINK_PAUSE = 200; // ms without a change before the link is written: browsers limit how often it may be
const NARROW = "(max-width: 760px)";

export class App {
  private settings: Settings;
  private readonly drawing: Drawing;
  private readonly slices = new Slices();
  private readonly tabs: Tabs;
  private readonly showForm: (settings: Settings) => void;
  private readonly dark = window.matchMedia("(prefers-color-scheme: dark)");
  private readonly narrow = window.matchMedia(NARROW);
  private asked = false; // an update will come with the next frame
  private written = ""; // the link that this page wrote last
  private timer = 0;
  private failed = false; // the view has nothing to show

  constructor(
    private readonly views: readonly View[],
    initial: string,
  ) {
    this.drawing = new Drawing(byId("picture"), () => this.palette(), () => this.narrow.matches);
    const names = views.map((view) => view.id);
    const given = readLink(initial, DEFAULTS, names);
    const linked = readLink(location.hash, given.settings, names);
    this.settings = linked.settings;
    this.notes([...given.notes, ...linked.notes]);
    this.showForm = mountForm(byId("form"), (alter) => this.change(alter));
    this.tabs = new Tabs(byId("tabs"), views, (view) => this.change((settings) => ({ ...settings, view })));
    for (const view of views) {
      const place = element("div", { class: "own", hidden: true, id: `own-${view.id}` });
      byId("own").append(place);
      view.mount(place, this.host(view));
    }
    this.mountButtons();
    this.listen();
    this.update();
  }

  private get view(): View {
    const found = this.views.find((view) => view.id === this.settings.view) ?? this.views[0];
    if (!found) throw new Error("the page has no views");
    return found;
  }

  private palette(): Palette {
    const { theme } = this.settings;
    return theme === "dark" || (theme === "auto" && this.dark.matches) ? DARK : LIGHT;
  }

  private host(view: View): Host {
    const shown = (): boolean => this.view === view;
    return {
      palette: () => this.palette(),
      draw: (picture) => {
        if (shown()) this.drawing.draw(picture);
      },
      say: (sentence) => {
        if (shown()) this.say(sentence, false);
      },
      refresh: () => {
        if (shown()) this.refreshTable();
      },
      inSlices: (work) => {
        if (!shown()) return;
        byId("view").setAttribute("aria-busy", "true");
        void this.slices.run(work, (problem) => this.fail(problem)).then((finished) => {
          if (finished) byId("view").setAttribute("aria-busy", "false");
        });
      },
      keep: (key, value) =>
        this.change((settings) => ({ ...settings, own: { ...settings.own, [`${view.id}.${key}`]: value } })),
      kept: (key) => this.settings.own[`${view.id}.${key}`],
      narrow: () => this.narrow.matches,
    };
  }

  /** Change the settings; what follows from them is shown with the next frame. */
  change(alter: (settings: Settings) => Settings): void {
    this.settings = alter(this.settings);
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.update();
    });
  }

  private update(): void {
    const start = performance.now();
    const { settings, view } = this;
    this.slices.stop();
    this.failed = false;
    byId("view").setAttribute("aria-busy", "false");
    document.documentElement.dataset["theme"] = settings.theme;
    this.showForm(settings);
    this.tabs.show(view.id);
    for (const other of this.views) byId(`own-${other.id}`).hidden = other !== view;
    const picture = byId("picture");
    picture.setAttribute("aria-label", view.alt);
    try {
      this.say(view.update(settings, problemOf(settings)), false);
      const snippets = view.snippets(settings);
      byId("command").textContent = snippets.command;
      byId("python").textContent = snippets.python;
    } catch (problem) {
      this.fail(problem);
    }
    this.refreshTable();
    this.labelTheme();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.writeLink(), LINK_PAUSE);
    performance.clearMeasures("explorer-update");
    performance.measure("explorer-update", { start, end: performance.now() });
  }

  private say(sentence: string, refused: boolean): void {
    const place = byId("sentence");
    place.classList.toggle("refused", refused);
    if (place.textContent !== sentence) place.textContent = sentence;
  }

  /** Show why there is nothing to show; what is no refusal is a bug, and is said to be one. */
  private fail(problem: unknown): void {
    const refusal = problem instanceof Refusal || problem instanceof EngineError;
    const text = problem instanceof Error ? problem.message : String(problem);
    if (!refusal) console.error(problem);
    this.failed = true;
    byId("view").setAttribute("aria-busy", "false");
    byId("command").textContent = "";
    byId("python").textContent = "";
    this.say(refusal ? text : `This page has a bug: ${text}`, true);
    this.drawing.clear();
    this.refreshTable();
  }

  private notes(sentences: readonly string[]): void {
    const place = byId("notes");
    place.hidden = sentences.length === 0;
    place.replaceChildren(...sentences.map((sentence) => element("p", {}, sentence)));
  }

  private refreshTable(): void {
    const place = byId("numbers") as HTMLDetailsElement;
    const holder = byId("table");
    for (const id of ["png", "svg", "csv"]) (byId(id) as HTMLButtonElement).disabled = this.failed; // nothing to save
    if (!place.open || this.failed) holder.replaceChildren();
    else holder.replaceChildren(tableElement(this.view.table(), this.view.title));
  }

  private writeLink(): void {
    const link = writeLink(this.settings);
    if (link === this.written) return;
    this.written = link;
    try {
      history.replaceState(null, "", `#${link}`);
    } catch {
      location.hash = link; // where a page from a file may not replace its own address
    }
  }

  private labelTheme(): void {
    const button = byId("theme");
    const dark = this.palette().dark;
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-label", dark ? "Switch to light colours" : "Switch to dark colours");
  }

  private mountButtons(): void {
    const name = (kind: string): string => `theorycalc-${this.view.id}.${kind}`;
    const picture = async (format: "png" | "svg"): Promise<void> => {
      download(name(format), await this.drawing.file(format, this.view.title, caption(this.settings)));
    };
    byId("png").addEventListener("click", () => void picture("png"));
    byId("svg").addEventListener("click", () => void picture("svg"));
    byId("csv").addEventListener("click", () => {
      const { columns, rows } = this.view.table();
      download(name("csv"), new Blob([csv(columns, rows)], { type: "text/csv" }));
    });
    const copy = (id: string, text: () => string): void => {
      const button = byId(id);
      const label = button.textContent ?? "";
      button.addEventListener("click", () => {
        void copied(text()).then((done) => {
          button.textContent = done ? "Copied" : "Select it and copy by hand";
          window.setTimeout(() => (button.textContent = label), 2000);
        });
      });
    };
    copy("copy-link", () => {
      this.writeLink();
      return location.href;
    });
    copy("copy-command", () => byId("command").textContent ?? "");
    copy("copy-python", () => byId("python").textContent ?? "");
    byId("theme").addEventListener("click", () => {
      const theme = this.palette().dark ? "light" : "dark";
      this.change((settings) => ({ ...settings, theme }));
    });
    byId("numbers").addEventListener("toggle", () => this.refreshTable());
    byId("examples").append(
      ...EXAMPLES.map(({ title, link }) =>
        element("button", { type: "button", click: () => this.open(link) }, title),
      ),
    );
  }

  /** Go to a link of this page; what it does not set stays. */
  private open(link: string): void {
    const { settings, notes } = readLink(
      link,
      this.settings,
      this.views.map((view) => view.id),
    );
    this.notes(notes);
    this.change(() => settings);
  }

  private listen(): void {
    window.addEventListener("hashchange", ({ newURL }) => {
      const link = new URL(newURL).hash.replace(/^#/, ""); // location may hold the page's own link again by now
      if (link === this.written) return;
      this.written = link;
      const names = this.views.map((view) => view.id);
      const { settings, notes } = readLink(link, { ...DEFAULTS, theme: this.settings.theme }, names);
      this.notes(notes);
      this.change(() => settings);
    });
    this.dark.addEventListener("change", () => this.change((settings) => settings));
    this.narrow.addEventListener("change", () => this.change((settings) => settings));
  }

  /** Plotly has come: draw what waits for it. */
  plotlyCame(): void {
    this.drawing.again();
  }
}
