import { type CheckResult, type ContentCheck, fileType, sniff, sniffBytes } from "./content-check.ts";

const shortHeaderBytes = 8;
const longHeaderBytes = 16;

/** First boxes of a file that players play: padding before `ftyp`, and QuickTime files without one. */
const firstBoxes = new Set(["ftyp", "free", "skip", "wide", "uuid", "styp", "moov", "mdat", "pnot"]);
/** Without the end of one of these the file is truncated. */
const mediaBoxes = new Set(["moov", "mdat", "moof"]);

/**
 * Checks an MP4 or QuickTime file by its boxes (ISO/IEC 14496-12 §4.2): `moov` and `mdat` are whole, and the sizes add
 * up to the length of the file. What follows a whole video and is no box, or is one without media that is cut, is a
 * warning: players ignore it. Buffers 48 bytes, whatever the size of the file.
 */
export class Mp4Check implements ContentCheck {
  readonly #header = Buffer.alloc(longHeaderBytes);
  /** Types of the whole boxes. */
  readonly #whole = new Set<string>();
  #head = Buffer.alloc(0);
  #headerBytes = 0;
  #leftInBox = 0;
  #boxType = "";
  #isTrailing = false;

  push(chunk: Buffer): string | undefined {
    if (this.#head.length < sniffBytes)
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, sniffBytes - this.#head.length)]);
    for (let at = 0; at < chunk.length && !this.#isTrailing; ) {
      if (this.#leftInBox > 0) {
        const step = Math.min(this.#leftInBox, chunk.length - at);
        this.#leftInBox -= step;
        at += step;
        if (this.#leftInBox === 0) this.#whole.add(this.#boxType);
        continue;
      }
      const wanted = this.#headerBytes >= shortHeaderBytes ? longHeaderBytes : shortHeaderBytes;
      const copied = chunk.copy(this.#header, this.#headerBytes, at, at + wanted - this.#headerBytes);
      this.#headerBytes += copied;
      at += copied;
      const bodyBytes = this.#headerBytes === wanted ? bodyBytesOf(this.#header, this.#headerBytes) : undefined;
      const problem = bodyBytes === undefined ? undefined : this.#enterBox(bodyBytes);
      if (problem) return problem;
    }
    return undefined;
  }

  async end(lengthProven: boolean): Promise<CheckResult> {
    const boxType = this.#boxType;
    if (boxType === "") return { kind: "truncated", reason: "it ends before its first box is complete" };
    if (this.#leftInBox === Number.POSITIVE_INFINITY) {
      if (!lengthProven) return { kind: "truncated", reason: `the end of its box ${boxType} is unknown` };
      this.#whole.add(boxType);
      this.#leftInBox = 0;
    }
    const warning = this.#missing();
    const isCutOutside = lengthProven && this.#isPlayable && (this.#headerBytes > 0 || !mediaBoxes.has(boxType));
    if (warning !== undefined && !this.#isTrailing && !isCutOutside) return { kind: "truncated", reason: warning };
    const absent = ["moov", "mdat"].find((type) => !this.#whole.has(type));
    if (absent !== undefined) return { kind: "invalid", reason: `it has no ${absent} box` };
    const type = fileType(sniff(this.#head)?.extension === "mov" ? "mov" : "mp4");
    return { kind: "sound", ...type, ...(warning !== undefined && { warning }) };
  }

  /** A fragmented file may be cut at any fragment: nothing may follow it. */
  get #isPlayable(): boolean {
    return this.#whole.has("moov") && this.#whole.has("mdat") && !this.#whole.has("moof");
  }

  /** Starts the body of the box whose header is complete; returns the reason if the header is invalid. */
  #enterBox(bodyBytes: number): string | undefined {
    const type = this.#header.toString("latin1", 4, 8);
    if (this.#boxType === "" && !firstBoxes.has(type)) return notAnMp4(this.#header);
    const isPossible = bodyBytes >= 0 && (bodyBytes === Number.POSITIVE_INFINITY || Number.isSafeInteger(bodyBytes));
    this.#isTrailing = this.#isPlayable && !(isPossible && /^[\w \xa9-]{4}$/.test(type));
    if (this.#isTrailing) return undefined;
    if (!isPossible) return `its box ${type} has an impossible size`;
    this.#boxType = type;
    this.#leftInBox = bodyBytes;
    this.#headerBytes = 0;
    if (bodyBytes === 0) this.#whole.add(type);
    return undefined;
  }

  /** What is missing at the end of the file. */
  #missing(): string | undefined {
    if (this.#isTrailing) return `bytes that are no box follow its last box ${this.#boxType}`;
    if (this.#headerBytes > 0) return `it ends inside a box header, after ${this.#boxType}`;
    return this.#leftInBox > 0 ? `${this.#leftInBox} bytes of its box ${this.#boxType} are missing` : undefined;
  }
}

/** Length of the body; undefined while the header is incomplete. A box of size 0 extends to the end of the file. */
function bodyBytesOf(header: Buffer, headerBytes: number): number | undefined {
  if (headerBytes === longHeaderBytes) return Number(header.readBigUInt64BE(8)) - longHeaderBytes;
  const size = header.readUInt32BE(0);
  if (size === 0) return Number.POSITIVE_INFINITY;
  if (size === 1) return undefined;
  return size - shortHeaderBytes;
}

function notAnMp4(header: Buffer): string {
  const looksLikeText = /^\s*[<{[]/.test(header.toString("latin1", 0, shortHeaderBytes));
  return looksLikeText
    ? "it is a text such as HTML or JSON, not a video"
    : "it has no signature of an MP4, QuickTime or WebM file";
}
