import { parseSync } from "oxc-parser";
import { hidden, layers, mostLines, narrower, onlyForDevelopment, usedOnlyBy } from "./layers.ts";

export interface SourceFile {
  /** From the workspace's root, for example `packages/ledger/src/move.ts`. */
  path: string;
  text: string;
}

/** Every breach of the architecture in these files, one sentence each. */
export function breaches(files: SourceFile[]): string[] {
  return files.flatMap((file) => (file.path.endsWith(".lua") ? luaBreaches(file) : scriptBreaches(file)));
}

function scriptBreaches(file: SourceFile): string[] {
  return [
    ...tooLong(file),
    ...readsEnvironment(file),
    ...adjusts(file),
    ...importsOf(file).flatMap((specifier) => importBreach(file.path, specifier)),
  ].map((breach) => `${file.path}: ${breach}`);
}

function tooLong({ path, text }: SourceFile): string[] {
  const lines = text.trimEnd().split("\n").length;
  const most = isTest(path) ? mostLines.test : isMain(path) ? mostLines.main : mostLines.source;
  return lines > most ? [`has ${lines} lines, at most ${most} are allowed`] : [];
}

function readsEnvironment({ path, text }: SourceFile): string[] {
  const env = /^apps\/[^/]+\/src\/env\.ts$|^examples\//;
  const allowed = env.test(path) || forDevelopment(path);
  return !allowed && /\bprocess\.env\b/.test(withoutComments(path, text))
    ? ["reads process.env, which only env.ts may"]
    : [];
}

/** Processes as users start them run the installation as it is. */
function adjusts({ path, text }: SourceFile): string[] {
  return isMain(path) && /\badjust\b/.test(text) ? ["adjusts the installation, which only tests may"] : [];
}

function withoutComments(path: string, text: string): string {
  const { comments } = parseSync(path, text);
  return comments.reduceRight((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), text);
}

function importsOf({ path, text }: SourceFile): string[] {
  const { module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`);
  const dynamic = module.dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start, end));
  const exported = module.staticExports.flatMap(({ entries }) =>
    entries.map((entry) => entry.moduleRequest?.value ?? ""),
  );
  const named = module.staticImports.map(({ moduleRequest }) => moduleRequest.value);
  return [...named, ...exported, ...dynamic.map((literal) => literal.replace(/^["'`]|["'`]$/g, ""))].filter(Boolean);
}

function importBreach(path: string, specifier: string): string[] {
  const from = packageOf(path);
  if (from === undefined) return [];
  const hiddenBy = Object.entries(hidden).find(([name]) => specifier === name || specifier.startsWith(`${name}/`));
  if (hiddenBy && !hiddenBy[1].includes(from))
    return [`imports ${specifier}, which only ${hiddenBy[1].join(", ")} may`];
  if (specifier.startsWith(".")) return leaves(path, specifier) ? [`reaches by ${specifier} into another package`] : [];
  if (/^@reelqueue\/[^/]+\/testing$/.test(specifier) && !forDevelopment(path))
    return [`imports ${specifier} outside a test`];
  const to = /^@reelqueue\/([^/]+)/.exec(specifier)?.[1];
  return to === undefined ? [] : layerBreach(from, to, forDevelopment(path));
}

function layerBreach(from: string, to: string, inTest: boolean): string[] {
  if (onlyForDevelopment.includes(to)) return inTest ? [] : [`imports ${to} outside a test`];
  const users = usedOnlyBy[to];
  if (users !== undefined && !users.includes(from)) return [`imports ${to}, which only ${users.join(", ")} may`];
  const allowed = narrower[from];
  if (allowed?.includes(to)) return [];
  if (allowed !== undefined && !inTest) return [`imports ${to}; ${from} may only import ${allowed.join(", ")}`];
  if (rank(from) === undefined || rank(to) === undefined) return [`imports ${to}, and one of them has no layer yet`];
  return (rank(to) ?? 0) < (rank(from) ?? 0) ? [] : [`imports ${to}, which is not below ${from}`];
}

function rank(name: string): number | undefined {
  const found = layers.findIndex((layer) => layer.some((each) => each === name));
  return found === -1 ? undefined : found;
}

function leaves(path: string, specifier: string): boolean {
  const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
  return packageOf(target) !== packageOf(path);
}

function packageOf(path: string): string | undefined {
  return /^(?:apps|packages|tests)\/([^/]+)\//.exec(path)?.[1];
}

function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}

/** Tests, what only they use, and packages that only serve them. */
function forDevelopment(path: string): boolean {
  return (
    isTest(path) ||
    /\/(test-[^/]+|testing\/[^/]+)\.ts$/.test(path) ||
    onlyForDevelopment.includes(packageOf(path) ?? "")
  );
}

function isMain(path: string): boolean {
  return /^apps\/[^/]+\/src\/main\.ts$/.test(path);
}

/** A script names what goes in and out; a piece that scripts include has its scripts' names and needs only say what it is. */
function luaBreaches({ path, text }: SourceFile): string[] {
  if (path.includes("/include/")) return text.startsWith("--") ? [] : [`${path}: does not begin by saying what it is`];
  const header = text.split("\n").filter((line) => line.startsWith("--"));
  const missing = ["KEYS", "ARGV", "Returns"].filter((word) => !header.some((line) => line.includes(word)));
  return missing.map((word) => `${path}: its header does not say ${word}`);
}
