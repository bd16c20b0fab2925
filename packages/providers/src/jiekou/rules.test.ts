import { clips, type Example, examineRules, frame, general, images, odd, promptLengths } from "../exam/rule-table.ts";
import { rules } from "./rules.ts";

const examples: Record<string, Example> = {
  ...general,
  "G-V2": { keep: [{ seconds: 5 }], break: [{ seconds: "auto" }] },
  "G-V1": {
    keep: [{ model: "seedance-2.0-fast" }],
    break: [{ model: "seedance-2.0-mini" }],
  },
  "G-V3": { keep: [{ watermark: true, webSearch: true, safetyCheck: false }], break: [{ safetyCheck: true }] },
  "G-V5": {
    keep: [{ images: images(1) }],
    break: [{ images: images(1, "asset://a1") }, { videos: clips(1, "asset://a1") }],
  },
  "J-V1": {
    keep: [{ prompt: "x" }, { prompt: undefined, images: [frame("first_frame")] }, { prompt: "", videos: clips(1) }],
    break: [{ prompt: undefined }, { prompt: " \n" }, { prompt: "", images: [frame("last_frame")] }],
  },
  "J-V2": {
    keep: [{ images: [frame("last_frame"), frame("first_frame")] }, { images: [frame("first_frame")] }],
    break: [{ images: [frame("last_frame")] }],
  },
  "J-V3": {
    keep: [{ seconds: 4 }, { seconds: 15 }],
    break: [{ seconds: 3 }, { seconds: 16 }, { seconds: 5.5 }, { seconds: odd("5") }],
  },
  "J-V4": {
    keep: [{ resolution: "480p" }, { resolution: "720p" }, { resolution: "1080p" }],
    break: [{ resolution: "4k" }],
  },
  "J-V5": {
    keep: [{ resolution: "1080p" }, { resolution: "720p", model: "seedance-2.0-fast" }],
    break: [{ resolution: "1080p", model: "seedance-2.0-fast" }],
  },
  "J-V6": { keep: [{ ratio: undefined }, { ratio: "adaptive" }, { ratio: "21:9" }], break: [{ ratio: odd("2:1") }] },
  "J-V7": {
    keep: [{ seed: -1 }, { seed: 0 }, { seed: 4_294_967_295 }, { seed: undefined }],
    break: [{ seed: -2 }, { seed: 4_294_967_296 }, { seed: 1.5 }],
  },
  "J-V8": {
    keep: [
      { images: images(9) },
      { videos: clips(3) },
      { audios: clips(3), videos: clips(1) },
      { images: [frame("first_frame")] },
    ],
    break: [{ images: images(10) }, { videos: clips(4) }, { audios: clips(4), videos: clips(1) }],
  },
  "J-V9": {
    keep: [
      { audios: clips(1), images: images(1) },
      { audios: clips(1), videos: clips(1) },
    ],
    break: [{ audios: clips(1) }, { audios: clips(1), images: [frame("first_frame")] }],
  },
  "J-V10": {
    keep: [{ videos: clips(3) }],
    break: [{ videos: clips(1, "data:video/mp4;base64,AAAA") }, { videos: clips(1, "media://abc.mp4") }],
  },
  "J-V12": {
    keep: [
      { audios: clips(1, "data:audio/wav;base64,AAAA") },
      { audios: clips(1, "data:audio/x-wav;base64,AAAA") },
      { audios: clips(1, "data:audio/mpeg;base64,AAAA") },
      { audios: clips(1, "media://abc.mp3") },
      { audios: clips(1, "https://example.com/a.ogg") },
    ],
    break: [{ audios: clips(1, "data:audio/ogg;base64,AAAA") }, { audios: clips(1, "media://abc.flac") }],
  },
  "J-V13": {
    keep: ["jpeg", "png", "webp", "bmp", "tiff", "gif"].flatMap((format) => [
      { images: [frame("first_frame", `data:image/${format};base64,AAAA`)] },
      { images: images(1, `media://abc.${format}`) },
    ]),
    break: [
      { images: [frame("first_frame", "data:image/svg+xml;base64,AAAA")] },
      { images: [frame("first_frame"), frame("last_frame", "media://abc.heic")] },
      { images: images(1, "media://abc.avif") },
    ],
  },
  "J-V14": {
    keep: [{ images: [frame("first_frame")] }, { images: images(1) }],
    break: [{ images: [frame("first_frame"), ...images(1)] }, { images: [frame("first_frame")], videos: clips(1) }],
  },
  "J-V15": promptLengths,
};

examineRules("jiekou", rules, examples);
