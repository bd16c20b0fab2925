// @ts-check
import { cyclesIn } from "./cycles.mjs";
import { sourceFiles } from "./files.mjs";
import { functionsOf, mostLines, mostParameters } from "./functions.mjs";
import { resolved, specifiersOf, workspacePackages } from "./imports.mjs";
import { codeLines, lineCount, luaComments } from "./lines.mjs";
import { parse } from "./syntax.mjs";

/** @typedef {import("./files.mjs").Group} Group */
/** @typedef {import("./functions.mjs").FunctionSize} FunctionSize */
/**
 * @typedef {object} FileMeasure
 * @property {string} path
 * @property {Group} group
 * @property {string} language
 * @property {number} lines
 * @property {number} code
 * @property {boolean} data
 * @property {FunctionSize[]} functions
 * @property {string[]} imports
 */
/** @typedef {ReturnType<typeof measure>} Measures */

const smallLines = 30;
const tinyLines = 15;

/**
 * Measures a checkout.
 * @param {string} root
 */
export function measure(root) {
  const packages = workspacePackages(root);
  const files = sourceFiles(root).map((file) => measureFile(file, packages));
  const known = new Set(files.map(({ path }) => path));
  const graph = new Map(files.map(({ path, imports }) => [path, imports.filter((each) => known.has(each))]));
  const modules = files.filter(({ group, language }) => group !== "tests" && language !== "lua");
  const cycles = cyclesIn(graph);
  return {
    groups: /** @type {const} */ (["product", "rig", "tests"]).map((group) => groupMeasure(group, files)),
    shape: {
      product: shape(modules.filter(({ group }) => group === "product")),
      "product and rig": shape(modules),
    },
    cycles: { count: cycles.length, files: cycles.flat().length, groups: cycles },
    functions: {
      product: functionMeasure(files.filter(({ group }) => group === "product")),
      rig: functionMeasure(files.filter(({ group }) => group === "rig")),
      tests: functionMeasure(files.filter(({ group }) => group === "tests")),
    },
  };
}

/**
 * @param {import("./files.mjs").SourceFile} file
 * @param {import("./imports.mjs").Packages} packages
 * @returns {FileMeasure}
 */
function measureFile({ path, group, text }, packages) {
  const language = path.slice(path.lastIndexOf(".") + 1).replace("mts", "ts");
  const lines = lineCount(text);
  if (language === "lua") {
    const code = codeLines(text, luaComments(text));
    return { path, group, language, lines, code, data: false, functions: [], imports: [] };
  }
  const parsed = parse(path, text);
  const program = /** @type {import("./syntax.mjs").Node} */ (/** @type {unknown} */ (parsed.program));
  const functions = functionsOf(program, text);
  const imports = specifiersOf(parsed).flatMap((specifier) => resolved(path, specifier, packages) ?? []);
  const code = codeLines(text, parsed.comments);
  return { path, group, language, lines, code, data: isData(parsed.program.body, functions), functions, imports };
}

/**
 * @param {import("oxc-parser").Program["body"]} body
 * @param {readonly FunctionSize[]} functions
 */
function isData(body, functions) {
  const constants = body.filter(
    (each) => each.type === "ExportNamedDeclaration" && each.declaration?.type === "VariableDeclaration",
  );
  return functions.length === 0 && constants.length > 0;
}

/**
 * @param {Group} group
 * @param {readonly FileMeasure[]} all
 */
function groupMeasure(group, all) {
  const files = all.filter((file) => file.group === group);
  const code = (/** @type {string} */ language) =>
    sum(
      files.filter((file) => file.language === language),
      "code",
    );
  return {
    group,
    files: files.length,
    lines: sum(files, "lines"),
    code: sum(files, "code"),
    ts: code("ts"),
    tsx: code("tsx"),
    lua: code("lua"),
    mjs: code("mjs"),
  };
}

/** @param {readonly FileMeasure[]} files */
function shape(files) {
  const sizes = files.map(({ lines }) => lines).toSorted((a, b) => a - b);
  const small = files.filter(({ lines }) => lines <= smallLines);
  const counted = small.filter(({ path }) => !/(^|\/)(index|main|env)\.(ts|mjs)$/.test(path));
  const loose = counted.filter(({ data }) => !data);
  return {
    files: files.length,
    medianLines: median(sizes),
    atMost15Lines: sizes.filter((lines) => lines <= tinyLines).length,
    atMost30Lines: small.length,
    shareAtMost30Lines: Math.round((1_000 * small.length) / Math.max(1, files.length)) / 1_000,
    smallWithoutIndexMainEnv: counted.length,
    smallWithoutData: loose.length,
    small: loose.map(({ path, lines }) => ({ path, lines })),
  };
}

/** @param {readonly FileMeasure[]} files */
function functionMeasure(files) {
  const all = files.flatMap(({ path, functions }) =>
    functions.map((each) => ({ where: `${path}:${each.line}`, ...each })),
  );
  const long = all.filter(({ lines }) => lines > mostLines).toSorted((a, b) => b.lines - a.lines);
  return {
    count: all.length,
    over40Lines: long.filter(({ factory }) => !factory),
    factoriesOver40Lines: long.filter(({ factory }) => factory),
    over4Parameters: all.filter(({ parameters }) => parameters > mostParameters),
  };
}

/**
 * @param {readonly FileMeasure[]} files
 * @param {"lines" | "code"} what
 */
function sum(files, what) {
  return files.reduce((total, file) => total + file[what], 0);
}

/** @param {readonly number[]} sorted */
function median(sorted) {
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}
