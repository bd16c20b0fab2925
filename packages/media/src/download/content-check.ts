import { contentTypeOf } from "../outputs/opened-file.ts";

/** Checks the bytes of one file while they stream by: is it complete and of the expected type? */
export interface ContentCheck {
  /** Takes the next bytes. Returns the reason as soon as the file is known to be invalid. */
  push(chunk: Buffer): string | undefined;
  /** Ends the check. `lengthProven`: false if only the end of the connection marks the end of the file. */
  end(lengthProven: boolean): Promise<CheckResult>;
}

export type CheckResult =
  /** `warning`: what is not by the book, though players play the file. */
  | { kind: "sound"; extension: string; contentType: string; warning?: string }
  | { kind: "truncated" | "invalid"; reason: string };

const imageTypes = new Set(["png", "jpg", "webp", "gif", "bmp"]);

/** Checks the signature of an image, and its last bytes if its length is not proven. */
export function createImageCheck(): ContentCheck {
  let bytes = 0;
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  return {
    push(chunk) {
      bytes += chunk.length;
      if (head.length < sniffBytes) head = Buffer.concat([head, chunk.subarray(0, sniffBytes - head.length)]);
      tail = Buffer.concat([tail, chunk.subarray(-8)]).subarray(-8);
      return undefined;
    },
    async end(lengthProven) {
      const found = sniff(head);
      if (!found || !imageTypes.has(found.extension)) {
        return {
          kind: "invalid",
          reason: `not a PNG, JPEG, WebP, GIF or BMP image but ${found?.contentType ?? "a file of unknown type"}`,
        };
      }
      if (!lengthProven && !endsWhole(found.extension, head, tail, bytes)) {
        return { kind: "truncated", reason: `the ${found.contentType} is incomplete` };
      }
      return { kind: "sound", ...found };
    },
  };
}

function endsWhole(extension: string, head: Buffer, tail: Buffer, bytes: number): boolean {
  if (extension === "png") return tail.toString("hex") === "49454e44ae426082";
  if (extension === "jpg") return tail.subarray(-2).toString("hex") === "ffd9";
  if (extension === "gif") return tail.at(-1) === 0x3b;
  if (extension === "bmp") return head.length >= 6 && head.readUInt32LE(2) <= bytes;
  return head.length >= 8 && head.readUInt32LE(4) + 8 <= bytes;
}

export interface FileType {
  /** Without a dot: `jpg`, `png`, `webp`, `bmp`, `tiff`, `gif`, `heic`, `mp4`, `mov`, `wav` or `mp3`. */
  extension: string;
  contentType: string;
}

/** The number of first bytes that decide the type. Libraries read deeper into a file, which a stream does not allow. */
export const sniffBytes = 32;

/** The type of a file by its first bytes; undefined for a type that no provider accepts. */
export function sniff(head: Buffer): FileType | undefined {
  const text = head.toString("latin1", 0, sniffBytes).padEnd(sniffBytes, "\0");
  const extension = signatures.find(([, matches]) => matches(text, head))?.[0];
  return extension === undefined ? undefined : fileType(extension);
}

export function fileType(extension: string): FileType {
  return { extension, contentType: contentTypeOf(`x.${extension}`) };
}

const signatures: readonly [extension: string, matches: (text: string, head: Buffer) => boolean][] = [
  ["jpg", (text) => text.startsWith("\xff\xd8\xff")],
  ["png", (text) => text.startsWith("\x89PNG\r\n\x1a\n")],
  ["gif", (text) => /^GIF8[79]a/.test(text)],
  ["webp", (text) => isRiff(text, "WEBP")],
  ["wav", (text) => isRiff(text, "WAVE")],
  ["tiff", (text) => text.startsWith("II*\0") || text.startsWith("MM\0*")],
  ["bmp", (text, head) => text.startsWith("BM") && head.length >= 18 && bmpHeaderBytes.has(head.readUInt32LE(14))],
  ["mov", (text) => text.startsWith("ftypqt  ", 4) || /^.{4}(?:moov|mdat|wide|pnot)/s.test(text)],
  ["heic", (text) => isHeic(text)],
  ["mp4", (text) => text.startsWith("ftyp", 4) && !stillImageBrand.test(text.slice(8, 12))],
  ["mp3", (text, head) => text.startsWith("ID3") || isMpegAudioFrame(head)],
];

/** Sizes of the known versions of the header that follows; the two letters alone are too short a signature. */
const bmpHeaderBytes = new Set([12, 40, 52, 56, 64, 108, 124]);

/** A HEIF image with HEVC, by its main brand, or by a compatible one where the main brand names no codec. */
function isHeic(text: string): boolean {
  if (!text.startsWith("ftyp", 4)) return false;
  const [brand, compatible] = [text.slice(8, 12), text.slice(16)];
  return hevcBrand.test(brand) || (/^m[is]f1$/.test(brand) && /hei[cxms]|hev[cxms]/.test(compatible));
}

const hevcBrand = /^(?:hei[cxms]|hev[cxms])$/;

/** HEIC, AVIF and Canon raw images share the container of MP4. */
const stillImageBrand = /^(?:hei[cxms]|hev[cxms]|mif1|msf1|avi[fs]|crx )$/;

function isRiff(text: string, form: string): boolean {
  return text.startsWith("RIFF") && text.startsWith(form, 8);
}

/** The header of an MPEG layer III frame: 11 set bits, then no reserved version, layer, bit rate or sampling rate. */
function isMpegAudioFrame(head: Buffer): boolean {
  if (head.length < 4) return false;
  const [first = 0, second = 0, third = 0] = head;
  const synchronised = first === 0xff && (second & 0xe0) === 0xe0;
  const layerThree = (second & 0x06) === 0x02 && (second & 0x18) !== 0x08;
  return synchronised && layerThree && third >> 4 !== 0x0f && third >> 4 !== 0 && (third & 0x0c) !== 0x0c;
}
