import { link, mkdir, open, rename, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "./storage-error.ts";

/** Makes a folder with its parents so that it survives a power cut. */
export async function makeDirectory(path: string): Promise<void> {
  const firstMade = await mkdir(path, { recursive: true, mode: 0o750 });
  if (firstMade === undefined) return;
  for (let made = path; made.length >= firstMade.length; made = dirname(made)) await syncDirectory(dirname(made));
}

async function syncDirectory(path: string): Promise<void> {
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

export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}
