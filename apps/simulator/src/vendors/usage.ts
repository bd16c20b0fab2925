import { randomInteger } from "../random.ts";

/** INVENTED: the seconds that a model chooses for a prompt, 4 to 15; the same for the same prompt. */
export function automaticSeconds(prompt: string): number {
  return 4 + (randomInteger(1, prompt, "seconds") % 12);
}

const defaultClipSeconds = 5;
/** Every vendor's limit for all clips together. */
const maxClipSeconds = 15;

/** INVENTED: clips are not fetched; their seconds are parsed from a name like `cup-3s.mp4`, otherwise 5 each. */
export function videoInputSeconds(urls: readonly string[]): number {
  const each = urls.map((url) => Number(/-(\d{1,2})s\.\w+/.exec(url)?.[1] ?? defaultClipSeconds));
  const total = each.reduce((sum, seconds) => sum + seconds, 0);
  return Math.min(maxClipSeconds, total);
}

const framesPerSecond = 24;

/**
 * DOCUMENTED in the original's table of sizes; 4k INFERRED as four times 1080p. Width and height in pixels; a portrait
 * size is that of its landscape, turned.
 */
const sizes: Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>> = {
  "480p": { "16:9": [864, 496], "4:3": [752, 560], "1:1": [640, 640], "21:9": [992, 432] },
  "720p": { "16:9": [1_280, 720], "4:3": [1_112, 834], "1:1": [960, 960], "21:9": [1_470, 630] },
  "1080p": { "16:9": [1_920, 1_080], "4:3": [1_664, 1_248], "1:1": [1_440, 1_440], "21:9": [2_206, 946] },
};
const landscapes: Readonly<Record<string, string>> = { "9:16": "16:9", "3:4": "4:3" };

/** The original's count: one token per 1024 pixels, over all frames plus one. Measured: 108,900 for 5 s of 720p 16:9. */
export function tokensOf(resolution: string, ratio: string, seconds: number): number {
  const size = sizes[resolution === "4k" ? "1080p" : resolution]?.[landscapes[ratio] ?? ratio];
  if (!size) throw new Error(`no size for ${resolution} ${ratio}`);
  const pixels = size[0] * size[1] * (resolution === "4k" ? 4 : 1);
  return Math.floor(((framesPerSecond * seconds + 1) * pixels) / 1_024);
}
