import { clips, type Example, examineRules, frame, general, images, odd, promptLengths } from "../exam/rule-table.ts";
import { rules } from "./rules.ts";

const fast = "seedance-2.0-fast";
const mini = "seedance-2.0-mini";
const formats = ["jpeg", "png", "webp", "bmp", "tiff", "gif", "heic", "heif"];

const examples: Record<string, Example> = {
  ...general,
  "G-V1": {
    keep: [{ model: "seedance-2.0" }, { model: fast }, { model: mini }],
    break: [{ model: "seedance-2.0-pro" }],
  },
  "G-V3": {
    keep: [{ watermark: true, webSearch: true, returnLastFrame: true, generateAudio: true, safetyCheck: false }],
    break: [{ safetyCheck: true }],
  },
  "A-V1": {
    keep: [{ images: [frame("first_frame"), frame("last_frame")] }, { images: images(1), videos: clips(1) }],
    break: [
      { images: [frame("first_frame"), ...images(1)] },
      { images: [frame("first_frame")], videos: clips(1) },
      { images: [frame("first_frame"), frame("last_frame")], audios: clips(1) },
    ],
  },
  "A-V2": {
    keep: [{ images: [frame("last_frame"), frame("first_frame")] }, { images: [frame("first_frame")] }],
    break: [{ images: [frame("last_frame")] }],
  },
  "A-V3": {
    keep: [{ images: images(9) }, { videos: clips(3), audios: clips(3) }],
    break: [{ images: images(10) }, { videos: clips(4) }, { audios: clips(4), videos: clips(1) }],
  },
  "A-V4": {
    keep: [
      { audios: clips(1), images: images(1) },
      { audios: clips(1), videos: clips(1), prompt: undefined },
    ],
    break: [{ audios: clips(1) }, { audios: clips(3), prompt: undefined }],
  },
  "A-V5": {
    keep: [{ seconds: 4 }, { seconds: 15, model: mini }, { seconds: "auto" }, { seconds: "auto", model: mini }],
    break: [{ seconds: 3 }, { seconds: 16 }, { seconds: 5.5 }, { seconds: odd("5") }],
  },
  "A-V6": {
    keep: [{ resolution: "4k" }, { resolution: "1080p" }, { resolution: "720p", model: fast }],
    break: [{ resolution: "1080p", model: fast }, { resolution: "4k", model: mini }, { resolution: odd("8k") }],
  },
  "A-V7": { keep: [{ ratio: undefined }, { ratio: "adaptive" }, { ratio: "21:9" }], break: [{ ratio: odd("2:1") }] },
  "A-V8": {
    keep: [{ seed: -1 }, { seed: 0 }, { seed: 4_294_967_295 }, { seed: undefined }],
    break: [{ seed: -2 }, { seed: 4_294_967_296 }, { seed: 1.5 }],
  },
  "A-V9": {
    keep: [{ prompt: "x" }, { prompt: undefined, images: [frame("first_frame")] }, { prompt: "", videos: clips(1) }],
    break: [{ prompt: undefined }, { prompt: " \n" }],
  },
  "A-V10": {
    keep: [
      ...formats.map((format) => ({ images: [frame("first_frame", `data:image/${format};base64,AAAA`)] })),
      { audios: clips(1, "data:audio/wav;base64,AAAA"), videos: clips(1) },
      { audios: clips(1, "media://abc.mp3"), videos: clips(1) },
    ],
    break: [
      { images: [frame("first_frame", "data:image/avif;base64,AAAA")] },
      { images: images(1, "media://abc.svg") },
      { audios: clips(1, "data:audio/ogg;base64,AAAA"), videos: clips(1) },
      { images: images(1, "data:image/PNG;base64,AAAA") },
      { images: images(1, "data:image/jpg;base64,AAAA") },
    ],
  },
  "A-V11": {
    keep: [{ videos: clips(3, "asset://a1") }, { images: images(1, "data:image/png;base64,AAAA") }],
    break: [{ videos: clips(1, "data:video/mp4;base64,AAAA") }, { videos: clips(1, "media://abc.mp4") }],
  },
  "A-V12": promptLengths,
  "A-V13": {
    advice: true,
    keep: [{ seed: undefined }, { seed: -1 }],
    break: [{ seed: 0 }, { seed: 7 }],
  },
};

examineRules("ark", rules, examples);
