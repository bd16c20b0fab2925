import { clips, type Example, examineRules, frame, general, images, odd } from "../exam/rule-table.ts";
import { rules } from "./rules.ts";

const examples: Record<string, Example> = {
  ...general,
  "G-V2": { keep: [{ seconds: 5 }], break: [{ seconds: "auto" }] },
  "G-V1": { keep: [{ model: "seedance-2.0" }], break: [{ model: "seedance-2.0-fast" }] },
  "G-V3": { keep: [{ watermark: false, safetyCheck: true, returnLastFrame: true }], break: [{ watermark: true }] },
  "H-V1": {
    keep: [{ prompt: "abc" }, { prompt: "x".repeat(20_000) }, { prompt: "👍👍👍" }],
    break: [{ prompt: "ab" }, { prompt: undefined }, { prompt: "x".repeat(20_001) }, { prompt: "👍👍" }],
  },
  "H-V2": { keep: [{ ratio: undefined }, { ratio: "adaptive" }, { ratio: "9:16" }], break: [{ ratio: odd("2:1") }] },
  "H-V3": {
    keep: [{ seconds: 4 }, { seconds: 15 }, { resolution: "1080p" }],
    break: [{ seconds: 3 }, { seconds: 16 }, { seconds: 4.5 }, { resolution: "4k" }],
  },
  "H-V4": {
    keep: [{ images: images(9) }, { images: [...images(7), frame("first_frame"), frame("last_frame")] }],
    break: [{ images: images(10) }, { images: [...images(8), frame("first_frame"), frame("last_frame")] }],
  },
  "H-V5": { keep: [{ videos: clips(3), audios: clips(3) }], break: [{ videos: clips(4) }, { audios: clips(4) }] },
  "H-V6": {
    keep: [{ seed: 0 }, { seed: 2_147_483_647 }, { seed: undefined }],
    break: [{ seed: -1 }, { seed: 2_147_483_648 }],
  },
  "H-V8": {
    keep: [{ images: [frame("first_frame"), frame("last_frame")] }],
    break: [{ images: [frame("last_frame")] }],
  },
  "H-V9": {
    on: "framesBesideReferencesRefused",
    keep: [{ images: images(9) }, { images: [frame("first_frame")] }],
    break: [{ images: [frame("first_frame"), ...images(1)] }, { images: [frame("first_frame")], audios: clips(1) }],
  },
  "H-V13": { keep: [{ audios: clips(1), images: images(1) }], break: [{ audios: clips(1) }] },
  "H-V14": {
    keep: [{ images: [frame("first_frame", "media://abc.png")] }, { images: images(1, "asset://a1") }],
    break: [{ images: images(1, "data:image/png;base64,AAAA") }, { videos: clips(1, "media://abc.mp4") }],
  },
};

examineRules("hiapi", rules, examples);
