import { execFileSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

// Plain JavaScript: the launcher needs it before a Node that runs TypeScript is there.

/**
 * Takes the lock file for this process, or tells who holds it. A lock whose process is gone counts as free.
 * @param {string} path
 * @returns {{ release: () => void } | { heldBy: number }}
 */
export function takeLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, stampOf(process.pid));
  try {
    for (;;) {
      if (linked(draft, path)) return { release: () => rmSync(path, { force: true }) };
      const holder = contentOf(path);
      if (holder !== undefined && lives(holder)) return { heldBy: Number.parseInt(holder, 10) };
      if (holder !== undefined) dropStale(path, holder, draft);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Removes the lock of a process that is gone. Only one process at a time may do so: else the second would remove the lock that
 * the first has taken meanwhile.
 * @param {string} path
 * @param {string} holder
 * @param {string} draft
 */
function dropStale(path, holder, draft) {
  const guard = `${path}.taking-over`;
  if (!linked(draft, guard)) {
    const other = contentOf(guard);
    if (other !== undefined && !lives(other)) rmSync(guard, { force: true });
    return;
  }
  if (contentOf(path) === holder) rmSync(path, { force: true });
  rmSync(guard, { force: true });
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
