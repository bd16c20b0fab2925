// @ts-check
// What `npm run measure` does: sizes and shape of the code, by rules that stay the same however the folders are laid out, so that the
// numbers of two states can be compared. `node scripts/measure.mjs [folder] [--json] [--list]` measures another checkout too.
//
// Files     `.ts .tsx .mts .mjs .lua` in apps, packages, bench, examples, tests, tools, scripts and the root; no `node_modules`, no
//           name that begins with a dot.
// tests     `*.test.ts(x)`, `*.test.mts`, `test-*.ts`, and what lies in a folder `testing/` of an app or of a package's `src/`.
// rig       the other files of apps/{twin,simulator}, packages/{chaos,scenarios,testing,stack,system}, tests, bench, examples.
// product   all other files.
// lines     `lines` are all lines; `code` are lines that hold more than blanks and comments.
// shape     of product and rig, without Lua, whose scripts are one call each: the median, and how many files have at most 15 and 30
//           `lines`. Of the latter, how many are no index, main or env; and how many of these are no data: a data file has no function
//           and exports a constant (tables of a vendor, for example).
// cycles    strongly connected files over imports, type imports, `import("…")` types and re-exports; imports of workspace packages are
//           followed through `exports` of their package.json.
// functions declarations, methods, arrow functions and function expressions that have a body, from the first line of the signature to
//           the last brace, blank lines included. A factory returns functions, and at most 40 of its lines are outside of the
//           functions that it holds: it is counted apart. A destructured parameter is one parameter.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { measure } from "./measure/measure.mjs";
import { report } from "./measure/report.mjs";

const args = process.argv.slice(2);
const [folder = resolve(import.meta.dirname, ".."), ...more] = args.filter((arg) => !arg.startsWith("--"));
const unknown = [...more, ...args.filter((arg) => arg.startsWith("--") && !["--json", "--list"].includes(arg))];

if (unknown.length > 0) {
  console.error(`measure takes a folder, --json and --list, not ${unknown.join(" ")}`);
  process.exitCode = 2;
} else if (!existsSync(folder)) {
  console.error(`There is no folder ${folder}.`);
  process.exitCode = 2;
} else {
  const measures = measure(resolve(folder));
  console.log(args.includes("--json") ? JSON.stringify(measures, null, 2) : report(measures, args.includes("--list")));
}
