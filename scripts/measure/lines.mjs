// @ts-check

/** @typedef {{ start: number, end: number }} Span */

/** @param {string} text */
export function lineCount(text) {
  return text === "" ? 0 : text.replace(/\n$/, "").split("\n").length;
}

/**
 * How many lines hold more than blanks and comments.
 * @param {string} text
 * @param {readonly Span[]} comments
 */
export function codeLines(text, comments) {
  let code = "";
  let at = 0;
  for (const { start, end } of comments) {
    code += text.slice(at, start) + text.slice(start, end).replace(/[^\n]/g, " ");
    at = end;
  }
  return (code + text.slice(at)).split("\n").filter((line) => line.trim() !== "").length;
}

/** A long comment, a comment to the end of its line, or a text, in which neither begins. */
const lua =
  /(--\[(=*)\[[\s\S]*?\]\2\])|(--[^\n]*)|\[(=*)\[[\s\S]*?\]\4\]|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/g;

/**
 * The comments of a Lua script.
 * @param {string} text
 * @returns {Span[]}
 */
export function luaComments(text) {
  return [...text.matchAll(lua)]
    .filter(([, long, , short]) => long !== undefined || short !== undefined)
    .map(({ index, 0: comment }) => ({ start: index, end: index + comment.length }));
}
