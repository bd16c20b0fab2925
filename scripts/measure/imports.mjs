// @ts-check
import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { isNode, walk } from "./syntax.mjs";

/** @typedef {ReturnType<typeof import("./syntax.mjs").parse>} Parsed */
/** @typedef {Map<string, { folder: string, exports: unknown }>} Packages */

/**
 * Every module that a file names: imports, type imports, `import("…")` types and re-exports.
 * @param {Parsed} parsed
 * @returns {string[]}
 */
export function specifiersOf({ module, program }) {
  const types = [...walk(/** @type {import("./syntax.mjs").Node} */ (/** @type {unknown} */ (program)))]
    .map(({ node }) => (node.type === "TSImportType" && isNode(node.source) ? node.source.value : undefined))
    .filter((value) => typeof value === "string");
  return [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) => entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...types,
  ];
}

/**
 * The packages of a workspace, by name.
 * @param {string} root
 * @returns {Packages}
 */
export function workspacePackages(root) {
  const manifests = globSync(["{apps,packages,examples,tests}/*/package.json", "{bench,tests}/package.json"], {
    cwd: root,
  });
  return new Map(
    manifests.map((path) => {
      const { name, exports } = JSON.parse(readFileSync(join(root, path), "utf8"));
      return [name, { folder: posix.dirname(path.replaceAll("\\", "/")), exports }];
    }),
  );
}

/**
 * The file of the repository that a specifier means; undefined for anything else.
 * @param {string} from
 * @param {string} specifier
 * @param {Packages} packages
 * @returns {string | undefined}
 */
export function resolved(from, specifier, packages) {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  const name = [...packages.keys()].find((each) => specifier === each || specifier.startsWith(`${each}/`));
  const found = packages.get(name ?? "");
  if (name === undefined || found === undefined) return undefined;
  const target = exported(found.exports, `.${specifier.slice(name.length)}`);
  return target === undefined ? undefined : posix.join(found.folder, target);
}

/**
 * @param {unknown} exports
 * @param {string} subpath
 * @returns {string | undefined}
 */
function exported(exports, subpath) {
  if (typeof exports === "string") return subpath === "." ? exports : undefined;
  if (typeof exports !== "object" || exports === null) return undefined;
  const target = Object.entries(exports).find(([name]) => name === subpath)?.[1];
  return typeof target === "object" && target !== null ? target.default : target;
}
