// @ts-check
import { parseSync } from "oxc-parser";

/** @typedef {{ type: string, start: number, end: number, [name: string]: unknown }} Node */

/**
 * @param {string} path
 * @param {string} text
 */
export function parse(path, text) {
  const parsed = parseSync(path, text);
  if (parsed.errors.length > 0) throw new Error(`${path} cannot be parsed: ${parsed.errors[0]?.message}`);
  return parsed;
}

/**
 * Whether a value is a node of the syntax tree.
 * @param {unknown} value
 * @returns {value is Node}
 */
export function isNode(value) {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/**
 * The nodes right below a node.
 * @param {Node} node
 * @returns {Node[]}
 */
export function childrenOf(node) {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
}

/**
 * A node and all nodes below it, with the node right above each.
 * @param {Node} node
 * @param {Node} [parent]
 * @returns {Generator<{ node: Node, parent: Node | undefined }>}
 */
export function* walk(node, parent) {
  yield { node, parent };
  for (const child of childrenOf(node)) yield* walk(child, node);
}
