import type { MediaFormat } from "@reelqueue/providers";
import { imageDimensionsFromData } from "image-dimensions";
import { imageSize } from "image-size";
import type { MediaFile, Parsed } from "./clip.ts";

/** The head of a file holds the size of the image; large colour profiles and previews move it further back. */
const headBytes = 65_536;
const longHeadBytes = 1_048_576;
/** Less than the shortest header of all formats. */
const minFileBytes = 26;
const tiffHeaderBytes = 8;
const directoryBytes = 4_096;

/** Formats by the extension that the first bytes claim. */
const formats: Readonly<Record<string, MediaFormat>> = {
  jpg: "jpeg",
  png: "png",
  webp: "webp",
  bmp: "bmp",
  tiff: "tiff",
  gif: "gif",
};

/** Width and height of an image as displayed; undefined for any other file. Throws on a broken image. */
export async function readImage(file: MediaFile): Promise<Parsed | undefined> {
  const format = formats[file.claim ?? ""];
  if (format === "tiff") return facts(format, imageSize(await tiffBytes(file)));
  if (format !== undefined) return facts(format, await fromHead(file, imageSize));
  return file.claim === undefined || file.claim === "heic" ? await readHeif(file) : undefined;
}

/** With another library: image-size returns the largest picture of the file, not the primary one. */
async function readHeif(file: MediaFile): Promise<Parsed | undefined> {
  const isContainer = Buffer.from(await file.read(4, 8)).toString("latin1") === "ftyp";
  const found = isContainer ? await fromHead(file, imageDimensionsFromData) : undefined;
  return found?.type === "heic" || found?.type === "avif" ? facts(found.type, found) : undefined;
}

/** Searches the head of the file, then a longer head. */
async function fromHead<Found>(file: MediaFile, find: (head: Uint8Array) => Found): Promise<Found> {
  if (file.bytes < minFileBytes) throw new Error(`${file.bytes} bytes are too few`);
  if (file.bytes > headBytes) {
    try {
      const found = find(await file.read(0, headBytes));
      if (found !== undefined) return found;
    } catch {
      // The size may be further back.
    }
  }
  return find(await file.read(0, longHeadBytes));
}

/** The header of a TIFF, followed by its directory, which may be anywhere in the file. */
async function tiffBytes(file: MediaFile): Promise<Uint8Array> {
  const header = await file.read(0, tiffHeaderBytes);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const isLittleEndian = header[0] === 0x49;
  const directoryAt = view.getUint32(4, isLittleEndian);
  const directory = await file.read(directoryAt, directoryAt + directoryBytes);
  view.setUint32(4, tiffHeaderBytes, isLittleEndian);
  const bytes = new Uint8Array(tiffHeaderBytes + directory.length);
  bytes.set(header);
  bytes.set(directory, tiffHeaderBytes);
  return bytes;
}

function facts(format: MediaFormat, size: { width: number; height: number; orientation?: number }): Parsed {
  const { width, height, orientation = 1 } = size;
  if (!(width > 0 && height > 0)) return { kind: "unknown", reason: `a ${format} without a width or height` };
  // EXIF orientations 5 to 8 swap width and height.
  const shown = orientation >= 5 && orientation <= 8 ? { width: height, height: width } : { width, height };
  return { kind: "facts", facts: { format, ...shown } };
}
