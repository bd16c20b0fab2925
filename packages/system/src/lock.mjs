import { execFileSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

// Plain JavaScript without dependencies: scripts/bootstrap.mjs uses it before Node 24 and the packages are installed.

/**
 * Takes the lock file for this process, or returns the holder's pid. The lock of an exited process is taken over at
 * once.
 * @param {string} path
 * @returns {{ release: () => void } | { heldBy: number }}
 */
export function takeLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, stampOf(process.pid));
  try {
    for (;;) {
      if (tryLink(draft, path)) return { release: () => rmSync(path, { force: true }) };
      const holder = contentOf(path);
      if (holder !== undefined && isRunning(holder)) return { heldBy: Number.parseInt(holder, 10) };
      if (holder !== undefined) dropStale(path, holder, draft);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Removes the lock of an exited process. The guard file admits one process at a time: without it, the second would
 * remove the lock that the first has taken since.
 * @param {string} path
 * @param {string} holder
 * @param {string} draft
 */
function dropStale(path, holder, draft) {
  const guard = `${path}.taking-over`;
  if (!tryLink(draft, guard)) {
    const other = contentOf(guard);
    if (other !== undefined && !isRunning(other)) rmSync(guard, { force: true });
    return;
  }
  if (contentOf(path) === holder) rmSync(path, { force: true });
  rmSync(guard, { force: true });
}

/**
 * Identifies one run of a process: pid and start time, so that a reused pid does not match.
 * @param {number} pid
 */
export function stampOf(pid) {
  return `${pid} ${startTimeOf(pid) ?? "gone"}`;
}

/**
 * Whether the run that `stampOf` identified has not ended.
 * @param {string} stamp
 */
export function isRunning(stamp) {
  const pid = Number.parseInt(stamp, 10);
  const startedAt = Number.isSafeInteger(pid) ? startTimeOf(pid) : undefined;
  return startedAt !== undefined && stamp.trim() === `${pid} ${startedAt}`;
}

/** @param {number} pid */
function startTimeOf(pid) {
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
function tryLink(from, to) {
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
