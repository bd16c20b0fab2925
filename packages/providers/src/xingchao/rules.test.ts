import { clips, type Example, examineRules, frame, general, images, odd } from "../exam/rule-table.ts";
import { rules } from "./rules.ts";

const pro = "seedance-2.0-pro";
const fastPro = "seedance-2.0-fast-pro";

const examples: Record<string, Example> = {
  ...general,
  "G-V1": {
    keep: [{ model: "seedance-2.0" }, { model: "seedance-2.0-fast" }, { model: pro }, { model: fastPro }],
    break: [{ model: "seedance-2.0-mini" }],
  },
  "G-V2": { keep: [{ seconds: 5 }], break: [{ seconds: "auto" }] },
  "G-V3": {
    keep: [{ generateAudio: true }, { generateAudio: false, watermark: false, webSearch: false }],
    break: [{ watermark: true }, { webSearch: true }, { returnLastFrame: true }, { safetyCheck: true }],
  },
  "G-V8": { keep: [{ seed: undefined }], break: [{ seed: 0 }, { seed: -1 }, { seed: 42 }] },
  "X-V2": {
    keep: [
      { videos: clips(1) },
      { model: "seedance-2.0-fast", videos: clips(3) },
      { model: pro },
      { model: fastPro, images: [frame("first_frame")] },
    ],
    break: [
      {},
      { model: "seedance-2.0-fast", images: images(1) },
      { model: "seedance-2.0", images: [frame("first_frame")] },
    ],
  },
  "X-V3": { keep: [{ prompt: "x" }], break: [{ prompt: undefined }, { prompt: " \n", videos: clips(1) }] },
  "X-V4": {
    keep: [{ seconds: 4 }, { seconds: 15 }],
    break: [{ seconds: 3 }, { seconds: 16 }, { seconds: 5.5 }, { seconds: odd("5") }],
  },
  "X-V5": { keep: [{ ratio: undefined }, { ratio: "adaptive" }, { ratio: "21:9" }], break: [{ ratio: odd("2:1") }] },
  "X-V6": {
    keep: [{ images: [frame("last_frame"), frame("first_frame")] }],
    break: [{ images: [frame("last_frame")] }],
  },
  "X-V7": {
    keep: [{ images: [frame("first_frame"), frame("last_frame")] }, { images: images(1), videos: clips(1) }],
    break: [
      { images: [frame("first_frame"), ...images(1)] },
      { images: [frame("first_frame")], videos: clips(1) },
      { images: [frame("first_frame"), frame("last_frame")], audios: clips(1) },
    ],
  },
  "X-V8": {
    keep: [{ images: images(9) }, { videos: clips(3), audios: clips(3) }],
    break: [{ images: images(10) }, { videos: clips(4) }, { audios: clips(4), videos: clips(1) }],
  },
  "X-V12": {
    keep: [{ images: images(1, "asset://a1") }, { videos: clips(1, "http://example.com/a.mp4") }],
    break: [
      { images: images(1, "data:image/png;base64,AAAA") },
      { images: [frame("first_frame", "media://abc.png")] },
      { videos: clips(1, "media://abc.mp4") },
      { audios: clips(1, "data:audio/wav;base64,AAAA") },
    ],
  },
  "X-V13": {
    keep: [
      { audios: clips(1), images: images(1) },
      { audios: clips(1), videos: clips(1) },
    ],
    break: [{ audios: clips(1) }],
  },
  "X-V14": {
    keep: [{ resolution: "720p" }],
    break: [{ resolution: "480p" }, { resolution: "1080p" }, { resolution: "4k" }],
  },
};

examineRules("xingchao", rules, examples);
