import { createHash, randomBytes } from "node:crypto";

/** An MP4 box. */
export function box(type: string, body: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length, 0);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, body]);
}

/** An MP4 box with a 64-bit size. */
export function longBox(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(1, 0);
  head.write(type, 4, "latin1");
  head.writeBigUInt64BE(BigInt(16 + body.length), 8);
  return Buffer.concat([head, body]);
}

export const ftyp = box("ftyp", Buffer.from("isom\0\0\x02\0isomiso2avc1mp41", "latin1"));

/** The smallest file with the boxes of an MP4, with this many bytes of picture. */
export function mp4(pictureBytes = 1_000): Buffer {
  return Buffer.concat([ftyp, box("moov", Buffer.alloc(100)), box("mdat", randomBytes(pictureBytes))]);
}

export const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
export const jpeg = Buffer.concat([
  Buffer.from("ffd8ffe000104a46494600010100000100010000", "hex"),
  randomBytes(50),
  Buffer.from("ffd9", "hex"),
]);
export const webp = Buffer.concat([
  Buffer.from("RIFF"),
  Buffer.from([26, 0, 0, 0]),
  Buffer.from("WEBPVP8L"),
  Buffer.alloc(18),
]);

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
