import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MediaFacts, MediaKind } from "@reelqueue/providers";

type Expected = [name: string, kind: MediaKind, facts: Omit<MediaFacts, "bytes">];

/**
 * The files of samples/make.sh and their facts; ffprobe 5.1 agrees, except for rotated files and HEIC, which it does
 * not support.
 */
export const samples: readonly Expected[] = [
  ["picture.jpg", "image", { format: "jpeg", width: 96, height: 54 }],
  ["turned.jpg", "image", { format: "jpeg", width: 54, height: 96 }],
  ["picture.png", "image", { format: "png", width: 96, height: 54 }],
  ["picture.webp", "image", { format: "webp", width: 96, height: 54 }],
  ["lossless.webp", "image", { format: "webp", width: 96, height: 54 }],
  ["animated.webp", "image", { format: "webp", width: 48, height: 30 }],
  ["picture.bmp", "image", { format: "bmp", width: 96, height: 54 }],
  ["picture.gif", "image", { format: "gif", width: 96, height: 54 }],
  ["picture.tiff", "image", { format: "tiff", width: 96, height: 54 }],
  ["late-directory.tiff", "image", { format: "tiff", width: 180, height: 136 }],
  ["picture.heic", "image", { format: "heic", width: 96, height: 54 }],
  ["moov-at-front.mp4", "video", { format: "mp4", width: 160, height: 90, seconds: 3, framesPerSecond: 24 }],
  ["moov-at-end.mp4", "video", { format: "mp4", width: 160, height: 90, seconds: 3, framesPerSecond: 24 }],
  ["fragments.mp4", "video", { format: "mp4", width: 160, height: 90, seconds: 3, framesPerSecond: 24 }],
  ["turned.mp4", "video", { format: "mp4", width: 72, height: 128, seconds: 2.002, framesPerSecond: 29.97 }],
  ["picture.mov", "video", { format: "mov", width: 128, height: 72, seconds: 2.002, framesPerSecond: 29.97 }],
  ["picture.webm", "video", { format: "webm" }],
  ["sound.m4a", "video", { format: "m4a", seconds: 3 }],
  ["sound.wav", "audio", { format: "wav", seconds: 2.5 }],
  ["streamed.wav", "audio", { format: "wav", seconds: 2.5 }],
  ["cbr.mp3", "audio", { format: "mp3", seconds: 2.534 }],
  ["bare-cbr.mp3", "audio", { format: "mp3", seconds: 2.534 }],
  ["vbr.mp3", "audio", { format: "mp3", seconds: 2.534 }],
  ["bare-vbr.mp3", "audio", { format: "mp3", seconds: 2.534 }],
  ["sound.ogg", "audio", { format: "ogg" }],
];

export function sample(name: string): Buffer {
  return readFileSync(join(import.meta.dirname, "../../samples", name));
}

export function asDataUri(bytes: Buffer): string {
  return `data:application/octet-stream;base64,${bytes.toString("base64")}`;
}
