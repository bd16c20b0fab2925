import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Bytes of every `.mp4` file below the folder that starts with an `ftyp` box. */
export async function videoBytesIn(directory: string): Promise<number[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".mp4"));
  const bytes: number[] = [];
  for (const { parentPath, name } of files) {
    const size = await mp4Bytes(join(parentPath, name));
    if (size !== undefined) bytes.push(size);
  }
  return bytes;
}

/** The size of an MP4 file: `ftyp` follows the length of its first box. */
async function mp4Bytes(path: string): Promise<number | undefined> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
  if (bytesRead < 8 || buffer.toString("latin1", 4, 8) !== "ftyp") return undefined;
  return (await file.stat()).size;
}
