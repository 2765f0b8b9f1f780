// The entry point of the bundle: the page, and the engine for those who want to ask it from outside, as tests do.

import * as engine from "./engine/index";
import { start } from "./shell/start";
import { Curves } from "./views/curves";
import { Phases } from "./views/phases";
import { Skills } from "./views/skills";
import { TaskSelection } from "./views/selection";
import { Tradeoff } from "./views/tradeoff";

Object.assign(globalThis, { theorycalc: { engine } });

if (typeof document !== "undefined" && document.getElementById("explorer-checks")) {
  start([new Curves(), new Tradeoff(), new Phases(), new Skills(), new TaskSelection()]);
}
