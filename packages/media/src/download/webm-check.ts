import { type CheckResult, type ContentCheck, fileType } from "./content-check.ts";

const ids = { head: 0x1a45dfa3, segment: 0x18538067, cluster: 0x1f43b675 } as const;

/** The first bytes of a WebM or Matroska file. */
export const webmSignature = Buffer.from("1a45dfa3", "hex");

const longestHeader = 12;

/**
 * Checks a WebM or Matroska file by its elements (RFC 8794): a segment with at least one whole cluster, and sizes that
 * add up to the length of the file. A segment or cluster of unknown size is read element by element.
 */
export class WebmCheck implements ContentCheck {
  #header = Buffer.alloc(0);
  #bytes = 0;
  #leftInElement = 0;
  #inCluster = false;
  #clusters = 0;
  /** Infinity: unknown; undefined: no segment yet. */
  #segmentEnd: number | undefined;

  push(chunk: Buffer): string | undefined {
    for (let at = 0; at < chunk.length; ) {
      if (this.#segmentEnd !== undefined && this.#bytes >= this.#segmentEnd) return undefined;
      const step = this.#leftInElement > 0 ? Math.min(this.#leftInElement, chunk.length - at) : 1;
      this.#bytes += step;
      at += step;
      const problem = this.#leftInElement > 0 ? this.#skip(step) : this.#readByte(chunk.subarray(at - 1, at));
      if (problem) return problem;
    }
    return undefined;
  }

  async end(lengthProven: boolean): Promise<CheckResult> {
    if (this.#segmentEnd === undefined) return { kind: "truncated", reason: "it ends before its segment" };
    if (this.#leftInElement > 0 || this.#header.length > 0)
      return { kind: "truncated", reason: "it ends inside an element" };
    const isOpen = this.#segmentEnd === Number.POSITIVE_INFINITY;
    if (isOpen && !lengthProven) return { kind: "truncated", reason: "the end of its segment is unknown" };
    if (!isOpen && this.#bytes < this.#segmentEnd)
      return { kind: "truncated", reason: `${this.#segmentEnd - this.#bytes} bytes of its segment are missing` };
    if (this.#clusters === 0) return { kind: "invalid", reason: "it has no cluster of media" };
    return { kind: "sound", ...fileType("webm") };
  }

  #skip(bytes: number): undefined {
    this.#leftInElement -= bytes;
    if (this.#leftInElement === 0 && this.#inCluster) this.#clusters += 1;
  }

  #readByte(byte: Buffer): string | undefined {
    this.#header = Buffer.concat([this.#header, byte]);
    const element = readElement(this.#header);
    if (element === undefined)
      return this.#header.length >= longestHeader ? "an element has an impossible size" : undefined;
    const isFirst = this.#bytes === this.#header.length;
    this.#header = Buffer.alloc(0);
    return isFirst && element.id !== ids.head ? "it has no signature of a WebM file" : this.#enter(element);
  }

  #enter({ id, size }: Element): string | undefined {
    const isUnknown = size === Number.POSITIVE_INFINITY;
    if (id === ids.segment) {
      this.#segmentEnd = this.#bytes + size;
      return undefined;
    }
    if (isUnknown && id !== ids.cluster) return "an element has no size";
    this.#inCluster = id === ids.cluster && !isUnknown;
    if (isUnknown) this.#clusters += 1;
    else this.#leftInElement = size;
    return undefined;
  }
}

interface Element {
  id: number;
  size: number;
}

/** The id and size at the start of an element; undefined while they are incomplete. All bits set: an unknown size. */
function readElement(header: Buffer): Element | undefined {
  const idBytes = Math.clz32(header[0] ?? 0) - 23;
  const sizeBytes = Math.clz32(header[idBytes] ?? 0) - 23;
  if (idBytes > 4 || sizeBytes > 8 || header.length < idBytes + sizeBytes || header[idBytes] === undefined)
    return undefined;
  const value =
    BigInt(`0x${header.toString("hex", idBytes, idBytes + sizeBytes)}`) & ((1n << BigInt(7 * sizeBytes)) - 1n);
  const isUnknown = value === (1n << BigInt(7 * sizeBytes)) - 1n;
  return { id: header.readUIntBE(0, idBytes), size: isUnknown ? Number.POSITIVE_INFINITY : Number(value) };
}
