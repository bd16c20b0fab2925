import type { CheckResult, ContentCheck } from "./content-check.ts";

const shortHeaderBytes = 8;
const longHeaderBytes = 16;

/**
 * Checks an MP4 by its boxes (ISO/IEC 14496-12 §4.2): `ftyp` is first, `moov` and `mdat` exist, and the sizes add up
 * to the length of the file. Buffers 16 bytes, whatever the size of the file.
 */
export function createMp4Check(): ContentCheck {
  const header = Buffer.alloc(longHeaderBytes);
  const seen = { ftyp: false, moov: false, mdat: false };
  let headerBytes = 0;
  let leftInBox = 0;
  let boxType = "";

  /** Starts the body of the box whose header is complete; returns the reason if the header is invalid. */
  function enterBox(bodyBytes: number): string | undefined {
    boxType = header.toString("latin1", 4, 8);
    if (!seen.ftyp && boxType !== "ftyp") return notAnMp4(header);
    if (bodyBytes < 0 || (bodyBytes !== Number.POSITIVE_INFINITY && !Number.isSafeInteger(bodyBytes)))
      return `its box ${boxType} has an impossible size`;
    if (boxType === "ftyp" || boxType === "moov" || boxType === "mdat") seen[boxType] = true;
    leftInBox = bodyBytes;
    headerBytes = 0;
    return undefined;
  }

  return {
    push(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (leftInBox > 0) {
          const step = Math.min(leftInBox, chunk.length - at);
          leftInBox -= step;
          at += step;
          continue;
        }
        const wanted = headerBytes >= shortHeaderBytes ? longHeaderBytes : shortHeaderBytes;
        const copied = chunk.copy(header, headerBytes, at, at + wanted - headerBytes);
        headerBytes += copied;
        at += copied;
        const bodyBytes = headerBytes === wanted ? bodyBytesOf(header, headerBytes) : undefined;
        const problem = bodyBytes === undefined ? undefined : enterBox(bodyBytes);
        if (problem) return problem;
      }
      return undefined;
    },
    async end(lengthProven): Promise<CheckResult> {
      const openEnded = leftInBox === Number.POSITIVE_INFINITY;
      if (!seen.ftyp) return { kind: "truncated", reason: "it ends before its first box is complete" };
      if (headerBytes > 0) return { kind: "truncated", reason: `it ends inside a box header, after ${boxType}` };
      if (openEnded && !lengthProven) return { kind: "truncated", reason: `the end of its box ${boxType} is unknown` };
      if (!openEnded && leftInBox > 0)
        return { kind: "truncated", reason: `${leftInBox} bytes of its box ${boxType} are missing` };
      if (!seen.moov || !seen.mdat) return { kind: "invalid", reason: `it has no ${seen.moov ? "mdat" : "moov"} box` };
      return { kind: "sound", extension: "mp4", contentType: "video/mp4" };
    },
  };
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
  return looksLikeText ? "it is a text such as HTML or JSON, not an MP4" : "it has no MP4 signature";
}
