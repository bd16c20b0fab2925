import type { GenerationRequest } from "@reelqueue/contracts";

type Sizes = Readonly<Record<string, readonly [width: number, height: number]>>;

/** FOUND: create page, sizes of Seedance 2.0; an upright ratio is its lying one turned. */
const sizes: Readonly<Record<string, Sizes>> = {
  "480p": { "16:9": [864, 496], "4:3": [752, 560], "1:1": [640, 640], "21:9": [992, 432] },
  "720p": { "16:9": [1280, 720], "4:3": [1112, 834], "1:1": [960, 960], "21:9": [1470, 630] },
  "1080p": { "16:9": [1920, 1080], "4:3": [1664, 1248], "1:1": [1440, 1440], "21:9": [2206, 946] },
  "4k": { "16:9": [3840, 2160], "4:3": [3326, 2494], "1:1": [2880, 2880], "21:9": [4398, 1886] },
};
const turned: Readonly<Record<string, string>> = { "9:16": "16:9", "3:4": "4:3" };

/** Pixels of one frame; the most there can be where the provider chooses the ratio. */
export function pixelsOf({ resolution, ratio = "adaptive" }: Pick<GenerationRequest, "resolution" | "ratio">): number {
  const ofResolution = sizes[resolution] ?? {};
  const area = ([width, height]: readonly [number, number]) => width * height;
  const size = ofResolution[turned[ratio] ?? ratio];
  return size ? area(size) : Math.max(...Object.values(ofResolution).map(area));
}
