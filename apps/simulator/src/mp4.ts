const boxHeaderBytes = 8;

/** A file that begins with `head` and is zero after it, so that a large file is never in memory as a whole. */
export interface Payload {
  head: Buffer;
  bytes: number;
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
  return { head: Buffer.concat([clip, header, Buffer.from(note)]), bytes: clip.length + boxBytes };
}

const zeros = Buffer.alloc(1_048_576);

/** The bytes from `start` up to and not including `end`. */
export function* slices({ head }: Payload, start: number, end: number): Generator<Buffer> {
  if (start < head.length) yield head.subarray(start, end);
  for (let at = Math.max(start, head.length); at < end; at += zeros.length) yield zeros.subarray(0, end - at);
}
