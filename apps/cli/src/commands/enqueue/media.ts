import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { ApiError, type Client } from "@reelqueue/client";
import { maxMediaBytes } from "@reelqueue/contracts";
import type { LineProblem, Row } from "./rows.ts";

/** Local files by their path as written; `url` is their `media://` name in the media store. */
export type LocalFiles = Map<string, { path: string; url: string }>;

const lists = ["images", "videos", "audios"] as const;
const extensions: Readonly<Record<string, string>> = {
  ...{
    jpg: "jpg",
    png: "png",
    webp: "webp",
    bmp: "bmp",
    tiff: "tiff",
    gif: "gif",
    heic: "heic",
    mp4: "mp4",
    mov: "mov",
    wav: "wav",
    mp3: "mp3",
  },
  ...{
    jpeg: "jpg",
    jpe: "jpg",
    jfif: "jpg",
    pjpeg: "jpg",
    pjp: "jpg",
    heif: "heic",
    tif: "tiff",
    m4v: "mp4",
    wave: "wav",
  },
};

/**
 * Uploads the rows' media that are local files to the media store, each once, so that the API checks the actual files.
 * Reports missing and rejected files.
 */
export async function storeLocalFiles(
  rows: readonly Row[],
  folder: string,
  client: Client,
): Promise<{ files: LocalFiles; problems: LineProblem[] }> {
  const found = await findLocalFiles(rows, folder);
  const refused = await upload(found.files, client);
  return { files: found.files, problems: [...found.problems, ...problemsOf(rows, refused)] };
}

/** Finds the rows' media that are local files and reports missing ones; nothing is sent. */
export async function findLocalFiles(
  rows: readonly Row[],
  folder: string,
): Promise<{ files: LocalFiles; problems: LineProblem[] }> {
  const files: LocalFiles = new Map();
  const missing = new Map<string, string>();
  for (const { request } of rows) {
    for (const { url } of mediaIn(request)) {
      if (isPath(url) && !files.has(url) && !missing.has(url)) await addFile(url, folder, files, missing);
    }
  }
  return { files, problems: problemsOf(rows, missing) };
}

function problemsOf(rows: readonly Row[], reasons: ReadonlyMap<string, string>): LineProblem[] {
  return rows.flatMap(({ line, request }) =>
    mediaIn(request).flatMap(({ field, url }) => {
      const reason = reasons.get(url);
      return reason === undefined ? [] : [{ line, message: `${field}: ${url} ${reason}` }];
    }),
  );
}

/** The request with `media://` names in place of local paths. */
export function withStored(request: Row["request"], files: LocalFiles): Row["request"] {
  const changed = { ...request };
  for (const list of lists) {
    const items = request[list];
    if (Array.isArray(items))
      changed[list] = items.map((item: unknown) =>
        hasUrl(item) ? { ...item, url: files.get(item.url)?.url ?? item.url } : item,
      );
  }
  return changed;
}

const maxParallelUploads = 4;

/** Uploads every file; the store's names replace the computed ones. Returns the reason for each rejected file. */
async function upload(files: LocalFiles, client: Client): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  const pending = [...files];
  const sendNext = async () => {
    for (let next = pending.shift(); next; next = pending.shift()) {
      const [name, file] = next;
      try {
        file.url = (await client.uploadMedia(await openAsBlob(file.path))).url;
      } catch (error) {
        if (!(error instanceof ApiError && fileErrors.has(error.code))) throw error;
        refused.set(name, `is rejected: ${error.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: maxParallelUploads }, sendNext));
  return refused;
}

const fileErrors: ReadonlySet<string> = new Set(["too_large", "unsupported_media_type", "invalid_request"]);

function mediaIn(request: Row["request"]): { field: string; url: string }[] {
  return lists.flatMap((list) => {
    const items = request[list];
    if (!Array.isArray(items)) return [];
    return items.flatMap((item: unknown, i) => (hasUrl(item) ? [{ field: `${list}[${i}].url`, url: item.url }] : []));
  });
}

function hasUrl(item: unknown): item is { url: string } {
  return typeof item === "object" && item !== null && "url" in item && typeof item.url === "string";
}

function isPath(url: string): boolean {
  return url !== "" && !/^[a-z][a-z0-9+.-]*:/i.test(url);
}

async function addFile(url: string, folder: string, files: LocalFiles, missing: Map<string, string>): Promise<void> {
  const path = resolve(folder, url);
  const extension = extensions[extname(path).slice(1).toLowerCase()];
  try {
    const found = await stat(path);
    if (!found.isFile()) return void missing.set(url, "is not a file");
    if (extension === undefined)
      return void missing.set(url, `is not a ${[...new Set(Object.values(extensions))].join(", ")} file`);
    if (found.size > maxMediaBytes) return void missing.set(url, `is larger than ${maxMediaBytes} bytes`);
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    files.set(url, { path, url: `media://${hash.digest("hex")}.${extension}` });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    missing.set(url, code === "ENOENT" ? `does not exist (looked for ${path})` : `cannot be read (${code})`);
  }
}
