const boxHeaderBytes = 8;

/** A file generated in slices, so that a large file is never in memory as a whole. */
export interface Payload {
  bytes: number;
  /** The bytes from `start` up to and not including `end`. */
  slices(start: number, end: number): Generator<Buffer>;
}

const zeros = Buffer.alloc(1_048_576);

export function wholeFile(file: Buffer): Payload {
  return {
    bytes: file.length,
    *slices(start, end) {
      yield file.subarray(start, end);
    },
  };
}

/**
 * The clip plus a `free` box, which players skip. The box holds `note` and pads the file to `totalBytes` if possible.
 * So every task has a distinct, valid MP4 of any size.
 */
export function padded(clip: Buffer, note: string, totalBytes = 0): Payload {
  const boxBytes = Math.max(boxHeaderBytes + Buffer.byteLength(note), totalBytes - clip.length);
  const header = Buffer.alloc(boxHeaderBytes);
  header.writeUInt32BE(boxBytes);
  header.write("free", 4, "latin1");
  const head = Buffer.concat([clip, header, Buffer.from(note)]);
  const bytes = clip.length + boxBytes;
  return {
    bytes,
    *slices(start, end) {
      let at = start;
      if (at < head.length) {
        yield head.subarray(at, Math.min(end, head.length));
        at = Math.min(end, head.length);
      }
      while (at < end) {
        const piece = zeros.subarray(0, Math.min(zeros.length, end - at));
        yield piece;
        at += piece.length;
      }
    },
  };
}
