import type { GenerationInput } from "@reelqueue/contracts";
import type { SimulatorProvider } from "@reelqueue/system";

type RequestPart = Omit<GenerationInput, "prompt">;

/** The media of each mode, from the simulator. The clip has the maximum duration: its billed seconds are known. */
function mediaOfModes(simulatorUrl: string) {
  const at = (name: string) => `${simulatorUrl}/media/${name}`;
  const clip = { url: at("landscape-480p-15s.mp4") };
  const frame = (role: "first_frame" | "last_frame", name: string) => ({ role, url: at(name) });
  const reference = (name: string) => ({ role: "reference" as const, url: at(name) });
  return {
    text: {},
    firstFrame: { images: [frame("first_frame", "landscape.jpg")] },
    firstAndLastFrame: { images: [frame("first_frame", "landscape.jpg"), frame("last_frame", "square.png")] },
    images: { images: [reference("square.png"), reference("portrait.jpg")] },
    video: { videos: [clip] },
    imagesVideoAndAudio: { images: [reference("square.png")], videos: [clip], audios: [{ url: at("tone-3s.mp3") }] },
    imageAndAudio: { images: [reference("portrait.jpg")], audios: [{ url: at("tone-2s.wav") }] },
  } satisfies Record<string, RequestPart>;
}

export type DemoMode = keyof ReturnType<typeof mediaOfModes>;
export const demoModes = Object.keys(mediaOfModes("")) as DemoMode[];

/** Optional fields by provider, each set of them used in turn. */
const fields: Readonly<Record<SimulatorProvider, readonly RequestPart[]>> = {
  hiapi: [
    { resolution: "480p", returnLastFrame: true },
    { seed: 7, ratio: "9:16" },
    { safetyCheck: true, ratio: "1:1" },
  ],
  jiekou: [
    { resolution: "480p", watermark: true },
    { model: "seedance-2.0-fast" },
    { returnLastFrame: true, seed: -1 },
  ],
  toapis: [{ resolution: "480p" }, { model: "seedance-2.0-fast", ratio: "4:3" }, { returnLastFrame: true }],
  xingchao: [{ ratio: "21:9" }, { generateAudio: false }, { ratio: "adaptive" }],
  ark: [
    { resolution: "480p", seconds: "auto" },
    { model: "seedance-2.0-mini", ratio: "3:4" },
    { returnLastFrame: true },
  ],
};

/** Mode, media and fields of the `n`th request to a provider: all modes in turn, each round with other fields. */
export function requestPart(provider: SimulatorProvider, n: number, simulatorUrl: string): RequestPart {
  const mode = demoModes[n % demoModes.length] ?? "text";
  const media = mediaOfModes(simulatorUrl)[mode];
  const round = Math.floor(n / demoModes.length);
  const extra = fields[provider][round % (fields[provider].length + 1)] ?? {};
  const plain = { seconds: 4 + (round % 3), resolution: "720p" as const };
  // Xingchao's models without `pro` need a reference video.
  const model = provider === "xingchao" && !("videos" in media) ? "seedance-2.0-pro" : "seedance-2.0";
  return { ...plain, model, ...extra, ...media };
}
