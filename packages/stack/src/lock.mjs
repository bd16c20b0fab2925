import { execFileSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

// Plain JavaScript: the launcher needs it before a Node that runs TypeScript is there.

/**
 * Takes the lock file for this process, or tells who holds it. A lock whose process is gone counts as free.
 * @param {string} path
 * @returns {{ release: () => void } | { heldBy: number }}
 */
export function takeLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = stampOf(process.pid);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine);
  try {
    for (;;) {
      if (linked(draft, path)) return { release: () => dropIf(path, mine) };
      const holder = contentOf(path);
      if (holder !== undefined && lives(holder)) return { heldBy: Number.parseInt(holder, 10) };
      if (holder !== undefined) dropIf(path, holder);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Names one life of a process: its id and when it was born, so that a reused id is not taken for it.
 * @param {number} pid
 */
export function stampOf(pid) {
  return `${pid} ${bornAt(pid) ?? "gone"}`;
}

/**
 * Whether the process that `stampOf` named still runs.
 * @param {string} stamp
 */
export function lives(stamp) {
  const pid = Number.parseInt(stamp, 10);
  const born = Number.isSafeInteger(pid) ? bornAt(pid) : undefined;
  return born !== undefined && stamp.trim() === `${pid} ${born}`;
}

/** @param {number} pid */
function bornAt(pid) {
  try {
    if (!existsSync("/proc/self/stat"))
      return execFileSync("ps", ["-o", "lstart=", "-p", `${pid}`])
        .toString()
        .trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? undefined : fields[18];
  } catch {
    return undefined;
  }
}

/**
 * Removes the file only if it still says `content`: what another process has put there meanwhile is put back.
 * @param {string} path
 * @param {string} content
 */
function dropIf(path, content) {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (contentOf(aside) !== content) linked(aside, path);
  rmSync(aside, { force: true });
}

/**
 * @param {string} from
 * @param {string} to
 */
function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  }
}

/** @param {string} path */
function contentOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
