// The entry point of the bundle.  The engine is reachable from outside, so that the tests of the Python package can ask it.

import * as engine from "./engine/index";

Object.assign(globalThis, { theorycalc: { engine } });
