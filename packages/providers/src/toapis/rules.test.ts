import {
  clips,
  type Example,
  examineRules,
  frame,
  general,
  images,
  odd,
  promptLengths,
  web,
} from "../exam/rule-table.ts";
import { rules } from "./rules.ts";

const mini = "seedance-2.0-mini";
const long = (bytes: number) => `https://x.example/${"a".repeat(bytes - 18)}`;

const examples: Record<string, Example> = {
  ...general,
  "G-V1": { keep: [{ model: "seedance-2.0" }, { model: mini }], break: [{ model: "seedance-2.0-pro" }] },
  "G-V2": {
    keep: [{ seconds: "auto" }, { seconds: "auto", model: "seedance-2.0-fast" }, { seconds: 4, model: mini }],
    break: [{ seconds: "auto", model: mini }],
  },
  "G-V3": {
    keep: [{ webSearch: true, returnLastFrame: true, generateAudio: true }],
    break: [{ watermark: true }, { safetyCheck: true }],
  },
  "T-V2": {
    keep: [{ seconds: 4 }, { seconds: 15 }, { seconds: "auto" }, { seconds: 15, model: mini }],
    break: [{ seconds: 3 }, { seconds: 16 }, { seconds: 5.5 }, { seconds: odd("5") }, { seconds: 3, model: mini }],
  },
  "T-V3": {
    advice: true,
    keep: [
      { seconds: 5 },
      ...[4, 8, 10, 12, 15].map((seconds) => ({ seconds, model: mini }) as const),
      { seconds: 3, model: mini },
    ],
    break: [5, 7, 9, 11, 14].map((seconds) => ({ seconds, model: mini }) as const),
  },
  "T-V4": {
    keep: [
      { resolution: "480p", model: mini },
      { resolution: "720p", model: "seedance-2.0-fast" },
      { resolution: "1080p" },
      { resolution: "4k" },
    ],
    break: [
      { resolution: "4k", model: "seedance-2.0-fast" },
      { resolution: "1080p", model: mini },
      { resolution: odd("8k") },
    ],
  },
  "T-V5": { keep: [{ ratio: undefined }, { ratio: "21:9" }, { ratio: "9:16" }], break: [{ ratio: "adaptive" }] },
  "T-V7": {
    keep: [{ images: images(9) }, { images: [frame("first_frame"), frame("last_frame")] }],
    break: [{ images: images(10) }, { images: [frame("last_frame")] }],
  },
  "T-V8": {
    keep: [{ images: [frame("first_frame")] }, { images: images(9), videos: clips(1) }],
    break: [{ images: [frame("first_frame"), ...images(1)] }, { images: [frame("first_frame")], audios: clips(1) }],
  },
  "T-V9": {
    keep: [
      { model: mini, images: images(1) },
      { images: [frame("first_frame")], generateAudio: true },
    ],
    break: [
      { model: mini, images: [frame("first_frame")] },
      { model: mini, images: [frame("first_frame"), frame("last_frame")] },
      { model: mini, returnLastFrame: true },
      { model: mini, generateAudio: true },
    ],
  },
  "T-V9b": {
    advice: true,
    keep: [{ model: mini }, { generateAudio: false }],
    break: [{ model: mini, generateAudio: false }],
  },
  "T-V10": {
    keep: [
      { model: mini, videos: clips(3), audios: clips(3) },
      { videos: clips(4), audios: clips(10) },
    ],
    break: [
      { model: mini, videos: clips(4) },
      { model: mini, videos: clips(1), audios: clips(4) },
    ],
  },
  "T-V12": {
    keep: [
      { audios: clips(1), images: images(1) },
      { audios: clips(1), videos: clips(1) },
    ],
    break: [{ audios: clips(1) }],
  },
  "T-V13": {
    keep: [{ webSearch: true }, { webSearch: false, images: images(1) }],
    break: [
      { webSearch: true, images: images(1) },
      { webSearch: true, images: [frame("first_frame")] },
      { webSearch: true, videos: clips(1) },
    ],
  },
  "T-V14": {
    keep: [
      { videos: clips(1, "asset://a1") },
      { images: images(1, "data:image/png;base64,AAAA") },
      { images: [frame("first_frame", "media://abc.png")] },
      { videos: clips(1, "media://abc.mp4") },
      { audios: clips(1, "data:audio/mp3;base64,AAAA"), videos: clips(1) },
    ],
    break: [{ videos: clips(1, "data:video/mp4;base64,AAAA") }, { images: images(1, "data:audio/wav;base64,AAAA") }],
  },
  "T-V16": {
    on: "privateAssetReview",
    keep: [{ images: images(1) }, { images: images(1, "data:image/png;base64,AAAA") }],
    break: [{ images: images(1, "asset://a1") }, { videos: clips(1, "asset://a1") }],
  },
  "T-V16b": {
    on: "privateAssetReview",
    keep: [{ images: images(1, long(2_048)) }, { images: images(1, `data:image/png;base64,${"A".repeat(3_000)}`) }],
    break: [
      { images: images(1, long(2_049)) },
      { images: images(1, "https://user@x.example/a.png") },
      { videos: clips(1, "https://user:word@x.example/a.mp4") },
      { videos: clips(1, "https://:word@x.example/a.mp4") },
      { audios: clips(1, "data:audio/wav;base64,AAAA"), videos: clips(1) },
    ],
  },
  "T-V18": {
    keep: [{ prompt: "x" }, { prompt: undefined, images: images(1, web) }],
    break: [{ prompt: undefined }, { prompt: " \n" }],
  },
  "T-V19": promptLengths,
  "T-V20": {
    keep: [{ seed: -1 }, { seed: 0 }, { seed: 4_294_967_295 }, { seed: undefined }],
    break: [{ seed: -2 }, { seed: 4_294_967_296 }],
  },
};

examineRules("toapis", rules, examples);
