import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Bytes of every `.mp4` file below the folder that starts with an `ftyp` box, which follows the length of the box. */
export function videoBytesIn(directory: string): number[] {
  return globSync("**/*.mp4", { cwd: directory }).flatMap((key) => {
    const file = readFileSync(join(directory, key));
    return file.toString("latin1", 4, 8) === "ftyp" ? [file.length] : [];
  });
}
