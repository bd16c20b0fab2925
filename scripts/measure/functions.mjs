// @ts-check
import { childrenOf, isNode, walk } from "./syntax.mjs";

/** @typedef {import("./syntax.mjs").Node} Node */
/** @typedef {{ name: string, line: number, lines: number, parameters: number, factory: boolean }} FunctionSize */

export const mostLines = 40;
export const mostParameters = 4;

const kinds = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
/** Nodes that give a function its name and the beginning of its signature. */
const owners = ["MethodDefinition", "Property"];

/**
 * Every function with a body.
 * @param {Node} program
 * @param {string} text
 * @returns {FunctionSize[]}
 */
export function functionsOf(program, text) {
  const line = lineFinder(text);
  return [...walk(program)].flatMap(({ node, parent }) => {
    if (!isFunction(node)) return [];
    const owner = parent !== undefined && owners.includes(parent.type) && parent.value === node ? parent : node;
    const lines = line(node.end - 1) - line(owner.start) + 1;
    return {
      name: nameOf(node, parent),
      line: line(owner.start),
      lines,
      parameters: Array.isArray(node.params) ? node.params.length : 0,
      factory: lines > mostLines && returnsFunctions(node) && lines - nestedLines(node, line) <= mostLines,
    };
  });
}

/** @param {Node} node */
function isFunction(node) {
  return kinds.includes(node.type) && isNode(node.body);
}

/**
 * @param {Node} node
 * @param {Node} [parent]
 */
function nameOf(node, parent) {
  const named = [node.id, parent?.key, parent?.id].find((each) => isNode(each) && typeof each.name === "string");
  return isNode(named) ? String(named.name) : "(unnamed)";
}

/**
 * Lines that the functions right inside a function take.
 * @param {Node} node
 * @param {(at: number) => number} line
 */
function nestedLines(node, line) {
  const inside = new Set();
  for (const { start, end } of outermost(node)) {
    for (let at = line(start); at <= line(end - 1); at += 1) inside.add(at);
  }
  return inside.size;
}

/**
 * The functions inside a function that are in no other one.
 * @param {Node} node
 * @returns {Node[]}
 */
function outermost(node) {
  return childrenOf(node).flatMap((child) => (isFunction(child) ? [child] : outermost(child)));
}

/**
 * Whether a function ends with a function, or with an object that holds one.
 * @param {Node} node
 */
function returnsFunctions(node) {
  const body = /** @type {Node} */ (node.body);
  const statements = Array.isArray(body.body) ? body.body.filter(isNode) : [];
  const last = statements.at(-1);
  const value = body.type === "BlockStatement" ? last?.type === "ReturnStatement" && last.argument : body;
  if (!isNode(value)) return false;
  const local = new Set(statements.flatMap(localFunctions));
  return holdsFunction(value, local);
}

/**
 * @param {Node} value
 * @param {ReadonlySet<unknown>} local
 * @returns {boolean}
 */
function holdsFunction(value, local) {
  if (value.type === "ParenthesizedExpression" && isNode(value.expression))
    return holdsFunction(value.expression, local);
  if (value.type !== "ObjectExpression")
    return isFunction(value) || (value.type === "Identifier" && local.has(value.name));
  return childrenOf(value).some(({ value: held }) => isNode(held) && holdsFunction(held, local));
}

/**
 * The names of the functions that a statement declares.
 * @param {Node} statement
 * @returns {string[]}
 */
function localFunctions(statement) {
  if (isFunction(statement)) return [nameOf(statement)];
  const declared = statement.type === "VariableDeclaration" ? childrenOf(statement) : [];
  return declared.flatMap((each) => (isNode(each.init) && isFunction(each.init) ? [nameOf(each.init, each)] : []));
}

/**
 * @param {string} text
 * @returns {(at: number) => number}
 */
function lineFinder(text) {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return (at) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
