import {
  type GenerationRequest,
  generationRequest,
  imageRoles,
  modelNames,
  ratios,
  resolutions,
} from "@reelqueue/contracts";
import type { Capabilities } from "@reelqueue/providers";
import fc from "fast-check";

type Part = { [Field in keyof GenerationRequest]?: GenerationRequest[Field] | undefined };
type Kind = "frame" | "image" | "video" | "audio";

/** Requests that one provider offers, with up to two arbitrary changes. */
export function requestsFor(capabilities: Capabilities): fc.Arbitrary<GenerationRequest> {
  return fc
    .tuple(offered(capabilities), fc.array(oddity, { maxLength: 2 }))
    .map(([part, oddities]) => filled([part, ...oddities]));
}

/** Requests within the provider's capabilities. */
export function offeredRequests(capabilities: Capabilities): fc.Arbitrary<GenerationRequest> {
  return offered(capabilities).map((part) => filled([part]));
}

function filled(parts: readonly Part[]): GenerationRequest {
  const whole = Object.assign({}, ...parts) as Record<string, unknown>;
  return generationRequest.parse(Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined)));
}

function offered(capabilities: Capabilities): fc.Arbitrary<Part> {
  const { models, ratios: offeredRatios, seed } = capabilities;
  return fc
    .constantFrom(...Object.keys(models))
    .chain((model) => {
      const { resolutions: offeredResolutions, seconds, automaticSeconds } = models[model] ?? never(model);
      const [least, most] = seconds.value;
      const whole = fc.integer({ min: least, max: most });
      return fc.record<Part>({
        model: fc.constant(model as GenerationRequest["model"]),
        prompt: fc.oneof(
          fc.constantFrom("A glass frog on a leaf", "一只玻璃蛙", "A frog 🐸 that sings", "abc"),
          fc.string({ unit: "grapheme", minLength: 3, maxLength: 60 }),
        ),
        seconds: automaticSeconds.value ? fc.oneof(whole, fc.constant("auto" as const)) : whole,
        resolution: fc.constantFrom(...offeredResolutions.value) as fc.Arbitrary<GenerationRequest["resolution"]>,
        ratio: perhaps(fc.constantFrom(...offeredRatios.value) as fc.Arbitrary<GenerationRequest["ratio"]>),
        seed: seed === null ? fc.constant(undefined) : perhaps(fc.integer({ min: seed.value[0], max: seed.value[1] })),
      });
    })
    .chain((part) =>
      fc.tuple(mediaOf(capabilities), flagsOf(capabilities)).map((rest) => Object.assign({}, part, ...rest)),
    );
}

function flagsOf({ offers }: Capabilities): fc.Arbitrary<Part> {
  const flag = (name: keyof typeof offers) => (offers[name] ? perhaps(fc.boolean()) : fc.constant(undefined));
  return fc.record({
    generateAudio: flag("generateAudio"),
    watermark: flag("watermark"),
    webSearch: flag("webSearch"),
    returnLastFrame: flag("returnLastFrame"),
    safetyCheck: flag("safetyCheck"),
  });
}

function mediaOf(capabilities: Capabilities): fc.Arbitrary<Part> {
  const url = (kind: Kind) => goodUrl(capabilities, kind);
  const frame = (role: "first_frame" | "last_frame") => url("frame").map((at) => ({ role, url: at }));
  const reference = url("image").map((at) => ({ role: "reference" as const, url: at }));
  const images = (minLength: number) => fc.array(reference, { minLength, maxLength: 9 });
  const clips = (kind: Kind, minLength: number) => fc.array(fc.record({ url: url(kind) }), { minLength, maxLength: 3 });
  return fc.oneof(
    fc.constant({}),
    fc.record({ images: fc.tuple(frame("first_frame")) }),
    fc.record({ images: fc.tuple(frame("first_frame"), frame("last_frame")) }),
    fc.record({ images: images(1) }),
    fc.record({ images: images(0), videos: clips("video", 1), audios: clips("audio", 0) }),
    fc.record({ images: images(1), audios: clips("audio", 1) }),
  );
}

const mimes = { frame: "image/png", image: "image/webp", video: "video/mp4", audio: "audio/wav" } as const;
const endings = { frame: "png", image: "webp", video: "mp4", audio: "wav" } as const;

function goodUrl({ inline, assets }: Capabilities, kind: Kind): fc.Arbitrary<string> {
  const { frames, referenceImages, videos, audios } = inline.value;
  const takesData = { frame: frames, image: referenceImages, video: videos, audio: audios }[kind];
  const web = fc.integer({ min: 0, max: 99 }).map((n) => `https://cdn.example.com/${n}.${endings[kind]}?a=b&c=%20`);
  const data = fc.base64String({ minLength: 4, maxLength: 40 }).map((text) => `data:${mimes[kind]};base64,${text}`);
  return fc.oneof(
    web,
    ...(takesData ? [data] : []),
    ...(assets.value ? [fc.constant("asset://simulator-active")] : []),
  );
}

/** URLs that the common schema accepts, valid at a provider or not. */
const anyUrl = fc.constantFrom(
  "https://cdn.example.com/a.png",
  "HTTP://cdn.example.com/b.mp4",
  "asset://simulator-active",
  "data:image/png;base64,aGVsbG8=",
  "data:image/JPEG;base64,aGVsbG8=",
  "data:image/jpg;base64,aGVsbG8=",
  "data:image/svg+xml;base64,aGVsbG8=",
  "data:image/heic;base64,aGVsbG8=",
  "data:image/png,plain",
  "data:audio/wav;base64,aGVsbG8=",
  "data:audio/x-wav;base64,aGVsbG8=",
  "data:audio/mpeg;base64,aGVsbG8=",
  "data:audio/flac;base64,aGVsbG8=",
  "data:video/mp4;base64,aGVsbG8=",
  "ftp://cdn.example.com/a.png",
  "a.png",
  "https://",
  "asset://",
);
const anyImage = fc.record({ role: fc.constantFrom(...imageRoles), url: anyUrl });
const anyClips = fc.array(fc.record({ url: anyUrl }), { maxLength: 4 });
const anyFlag = fc.constantFrom(true, false, undefined);

const oddity: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ prompt: fc.constantFrom(undefined, "", "  \n", "ab", "字字", "🐸a", "🐸ab", "x".repeat(20_000)) }),
  fc.record({ model: fc.constantFrom(...modelNames) }),
  fc.record({ seconds: fc.constantFrom(1, 3, 4, 5, 7, 15, 16, 60, "auto" as const) }),
  fc.record({ ratio: fc.constantFrom(undefined, ...ratios) }),
  fc.record({ resolution: fc.constantFrom(...resolutions) }),
  fc.record({ images: fc.array(anyImage, { maxLength: 11 }) }),
  // A single one, so that no other problem hides its own.
  anyImage.map((image) => ({ images: [image], videos: [], audios: [] })),
  anyUrl.map((url) => ({ images: [], videos: [{ url }], audios: [] })),
  anyUrl.map((url) => ({ images: [], videos: [{ url: "https://cdn.example.com/a.mp4" }], audios: [{ url }] })),
  fc.record({ videos: anyClips }),
  fc.record({ audios: anyClips }),
  fc.record({ seed: fc.constantFrom(-2, -1, 0, 2_147_483_647, 2_147_483_648, 4_294_967_295, 4_294_967_296) }),
  fc.record({ generateAudio: anyFlag, watermark: anyFlag }),
  fc.record({ webSearch: anyFlag }),
  fc.record({ returnLastFrame: anyFlag, safetyCheck: anyFlag }),
);

function perhaps<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined });
}

function never(model: string): never {
  throw new Error(`no model ${model}`);
}
