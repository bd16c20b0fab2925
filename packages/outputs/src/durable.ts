import { link, mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "./storage-error.ts";

/** Makes a folder with its parents so that it survives a power cut. */
export async function makeDirectory(path: string): Promise<void> {
  const firstMade = await mkdir(path, { recursive: true, mode: 0o750 });
  if (firstMade === undefined) return;
  for (let made = path; made.length >= firstMade.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/** By folder, the sync that has not begun yet. */
const nextSync = new Map<string, Promise<void>>();
/** By folder, the last sync that was asked for. */
const lastSync = new Map<string, Promise<void>>();

/** Whoever comes while a folder is being synced shares the next sync with all who come meanwhile. */
function syncDirectory(path: string): Promise<void> {
  const waiting = nextSync.get(path);
  if (waiting !== undefined) return waiting;
  const before = lastSync.get(path) ?? Promise.resolve();
  const mine = before
    .catch(() => undefined)
    .then(() => {
      nextSync.delete(path);
      return syncNow(path);
    })
    .finally(() => {
      if (lastSync.get(path) === mine) lastSync.delete(path);
    });
  nextSync.set(path, mine);
  lastSync.set(path, mine);
  return mine;
}

async function syncNow(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}

/** Gives a finished file its name, durably. Unless it may replace, the first of two with one name wins. */
export async function publish(draft: string, path: string, replace: boolean): Promise<"published" | "existing"> {
  await makeDirectory(dirname(path));
  if (replace) await rename(draft, path);
  else if (!(await linked(draft, path))) return "existing";
  await syncDirectory(dirname(path));
  return "published";
}

/** A link never replaces a file, a rename does. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    if (!withoutLinks.has(errorCode(error) ?? "")) throw error;
    await rename(draft, path);
  }
  return true;
}

/** What file systems without hard links answer; there, of two finalizers at the same moment, the last one wins. */
const withoutLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);
