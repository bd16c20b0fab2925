// @ts-check

/** @typedef {import("./measure.mjs").Measures} Measures */
/** @typedef {Measures["functions"]["product"]} FunctionMeasure */

/**
 * The measures as a table to read; with `list` also every file and function that a number counts.
 * @param {Measures} measures
 * @param {boolean} list
 */
export function report({ groups, shape, cycles, functions }, list) {
  return [
    groupTable(groups),
    shapeTable(shape),
    functionTable(functions),
    `import cycles: ${cycles.count} over ${cycles.files} files`,
    ...(list ? lists({ shape, cycles, functions }) : []),
  ].join("\n\n");
}

/** @param {Measures["groups"]} groups */
function groupTable(groups) {
  return table([
    ["", "files", "lines", "code", "ts", "tsx", "lua", "mjs"],
    ...groups.map(({ group, files, lines, code, ts, tsx, lua, mjs }) => [group, files, lines, code, ts, tsx, lua, mjs]),
  ]);
}

/** @param {Measures["shape"]} shape */
function shapeTable(shape) {
  return table([
    ["", "files", "median lines", "<= 15", "<= 30", "share <= 30", "no index/main/env", "no data"],
    ...Object.entries(shape).map(([name, each]) => [
      name,
      each.files,
      each.medianLines,
      each.atMost15Lines,
      each.atMost30Lines,
      `${(100 * each.shareAtMost30Lines).toFixed(1)} %`,
      each.smallWithoutIndexMainEnv,
      each.smallWithoutData,
    ]),
  ]);
}

/** @param {Measures["functions"]} functions */
function functionTable(functions) {
  return table([
    ["", "functions", "over 40 lines", "factories over 40", "over 4 parameters"],
    ...Object.entries(functions).map(([group, each]) => [
      group,
      each.count,
      each.over40Lines.length,
      each.factoriesOver40Lines.length,
      each.over4Parameters.length,
    ]),
  ]);
}

/** @param {Pick<Measures, "shape" | "cycles" | "functions">} measures */
function lists({ shape, cycles, functions: { product, rig } }) {
  const small = shape["product and rig"].small.map(({ path, lines }) => `${path} (${lines})`);
  /** @param {(each: FunctionMeasure) => FunctionMeasure["over40Lines"]} which */
  const both = (which) =>
    [...which(product), ...which(rig)].map(
      (each) => `${each.where} ${each.name}: ${each.lines} lines, ${each.parameters} parameters`,
    );
  return [
    block(
      "import cycles",
      cycles.groups.map((group) => group.join(" ")),
    ),
    block(
      "functions over 40 lines",
      both(({ over40Lines }) => over40Lines),
    ),
    block(
      "factories over 40 lines",
      both(({ factoriesOver40Lines }) => factoriesOver40Lines),
    ),
    block(
      "functions with over 4 parameters",
      both(({ over4Parameters }) => over4Parameters),
    ),
    block("files of at most 30 lines without index, main, env and data", small),
  ];
}

/**
 * @param {string} title
 * @param {readonly string[]} lines
 */
function block(title, lines) {
  return [`${title} (${lines.length})`, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** @param {readonly (readonly (string | number)[])[]} rows */
function table(rows) {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en-US") : cell)));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    .join("\n");
}
