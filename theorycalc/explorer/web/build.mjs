// Builds the bundle that is committed (bundle), the tests (test) or the benchmark (bench).  Nothing here depends on the
// time, the machine or the folder, so that the same sources give the same bytes.
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const banner =
  "/* Built by `npm run build` in theorycalc/explorer/web from the TypeScript there.  Change those, not this file. */";

const common = {
  absWorkingDir: here,
  bundle: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  sourcemap: false,
};

async function bundle() {
  await build({
    ...common,
    banner: { js: banner },
    entryPoints: ["src/main.ts"],
    format: "iife",
    outfile: "../explorer.js",
    target: "es2020",
  });
}

async function forNode(folder) {
  const files = readdirSync(join(here, folder)).filter((name) => name.endsWith(".ts"));
  const out = join(here, "built", folder);
  rmSync(out, { force: true, recursive: true });
  mkdirSync(out, { recursive: true });
  await build({
    ...common,
    entryPoints: files.map((name) => `${folder}/${name}`),
    format: "esm",
    outdir: out,
    platform: "node",
    target: "node20",
  });
}

const tasks = { bench: () => forNode("bench"), bundle, test: () => forNode("test") };
const task = tasks[process.argv[2]];
if (!task) {
  console.error(`usage: node build.mjs ${Object.keys(tasks).join(" | ")}`);
  process.exit(2);
}
await task();
