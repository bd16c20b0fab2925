import { createEgress } from "@reelqueue/egress";
import { type FileRule, fileProblemsOf, type InspectedMedium, type Medium, providers } from "@reelqueue/providers";
import { pngFile, wavFile } from "@reelqueue/testing";
import { afterAll, describe, expect, test } from "vitest";
import type { MediaStore } from "../media-store/media-store.ts";
import { probe } from "./probe.ts";
import { asDataUri, sample } from "./test-samples.ts";
import { servePadded } from "./test-server.ts";

type File = Buffer | { head: Buffer; bytes: number };
/** The files of one request, all of one kind. */
type Files = [Medium["kind"], ...File[]];

interface Example {
  keep: Files[];
  break: Files[];
  /** Accepted with a warning. */
  close?: Files[];
  /** The switch of the account that activates the rule. */
  on?: string;
}

const http = createEgress({ allowPrivate: ["127.0.0.0/8"] });
afterAll(() => http.close());

const mebibyte = 1_048_576;
const large = (head: Buffer, bytes: number): File => ({ head, bytes });
const picture = pngFile(640, 480);
/** A video with a `free` box of this size at its end, which players skip. */
function clipOf(bytes: number): File {
  const clip = sample("clip-2s.mp4");
  const free = Buffer.alloc(8);
  free.writeUInt32BE(bytes - clip.length, 0);
  free.write("free", 4);
  return large(Buffer.concat([clip, free]), bytes);
}
const videos = (...names: string[]): Files => ["video", ...names.map(sample)];
const sounds = (...lengths: number[]): Files => ["audio", ...lengths.map(wavFile)];

const lengths = {
  keep: [videos("clip-2s.mp4"), videos("clip-15s.mp4"), videos("clip-2s.mp4", "clip-2s.mp4", "clip-2s.mp4")],
  break: [videos("clip-1_875s.mp4"), videos("clip-15_25s.mp4"), videos("clip-15s.mp4", "clip-2s.mp4")],
  close: [videos("clip-15_0416s.mp4")],
};
const soundLengths = {
  keep: [sounds(2), sounds(15), sounds(7.5, 7.5), sounds(5, 5, 5)],
  break: [sounds(1.899), sounds(15.101), sounds(8, 7.3)],
  close: [sounds(1.9), sounds(15.1), sounds(8, 7.1)],
};
const soundFormats = {
  keep: [["audio", sample("clip-3s.mp3")] as Files],
  break: [["audio", sample("sound.ogg")] as Files],
};
const openImages = (kind: Medium["kind"]): Example => ({
  keep: [
    [kind, pngFile(301, 301)],
    [kind, pngFile(5_999, 2_401)],
    [kind, pngFile(402, 1_000)],
  ],
  break: [
    [kind, pngFile(300, 400)],
    [kind, pngFile(6_000, 3_000)],
    [kind, pngFile(400, 1_000)],
    [kind, pngFile(1_000, 400)],
  ],
});

const examples: Record<string, Record<string, Example>> = {
  jiekou: {
    "J-V11": {
      keep: [...lengths.keep, videos("clip-720p.mp4"), videos("clip.mov"), ["video", clipOf(50 * mebibyte)]],
      break: [
        ...lengths.break,
        videos("clip-360p.mp4"),
        videos("clip-1080p.mp4"),
        videos("clip.webm"),
        ["video", clipOf(50 * mebibyte + 1)],
      ],
      close: lengths.close,
    },
    "J-V12": {
      keep: [...soundLengths.keep, ...soundFormats.keep, ["audio", large(wavFile(2), 15 * mebibyte)]],
      break: [...soundLengths.break, ...soundFormats.break, ["audio", large(wavFile(2), 15 * mebibyte + 1)]],
      close: soundLengths.close,
    },
    "J-V13": {
      keep: (["frame", "image"] as const).flatMap((kind) => openImages(kind).keep),
      break: (["frame", "image"] as const).flatMap((kind): Files[] => [
        ...openImages(kind).break,
        [kind, sample("picture.heic")],
        [kind, large(picture, 30 * mebibyte + 1)],
      ]),
    },
  },
  hiapi: {
    "H-V10": {
      keep: [...lengths.keep, ...soundLengths.keep],
      break: [...lengths.break, ...soundLengths.break],
      close: [...lengths.close, ...soundLengths.close],
    },
  },
  xingchao: {
    "X-V9": {
      keep: [
        ["frame", pngFile(300, 300)],
        ["image", pngFile(6_000, 2_400)],
        ["image", pngFile(400, 1_000)],
      ],
      break: [
        ["frame", pngFile(299, 300)],
        ["image", pngFile(6_001, 3_000)],
        ["image", pngFile(399, 1_000)],
        ["image", pngFile(1_001, 400)],
        ["frame", sample("picture.heic")],
      ],
    },
    "X-V10": {
      keep: [...lengths.keep, videos("clip-720p.mp4"), videos("clip.mov")],
      break: [...lengths.break, videos("clip-360p.mp4"), videos("clip-1080p.mp4")],
      close: lengths.close,
    },
    "X-V11": {
      keep: [...soundLengths.keep, ...soundFormats.keep],
      break: [...soundLengths.break, ...soundFormats.break, ["audio", large(wavFile(2), 15 * mebibyte + 1)]],
      close: soundLengths.close,
    },
  },
  ark: {
    "A-V15": {
      keep: (["frame", "image"] as const).flatMap((kind) => openImages(kind).keep),
      break: [
        ...openImages("frame").break,
        ["image", sample("picture.avif")],
        ["image", large(picture, 30 * mebibyte)],
      ],
    },
    "A-V16": { keep: arkVideos().keep, break: arkVideos().break, close: lengths.close },
    "A-V17": { keep: arkSounds().keep, break: arkSounds().break, close: soundLengths.close },
  },
  toapis: {
    "T-V21": { keep: arkVideos().keep, break: arkVideos().break, close: lengths.close },
    "T-V22": { keep: arkSounds().keep, break: arkSounds().break, close: soundLengths.close },
    "T-V16c": {
      on: "privateAssetReview",
      keep: [
        ["image", large(picture, 20 * mebibyte)],
        ["audio", large(wavFile(2), 100 * mebibyte)],
      ],
      break: [
        ["frame", large(picture, 20 * mebibyte + 1)],
        ["audio", large(wavFile(2), 100 * mebibyte + 1)],
      ],
    },
  },
};

describe.each(Object.entries(providers))("file rules of %s", (name, provider) => {
  const own = examples[name] ?? {};

  test("every rule has an example, and every example a rule", () => {
    expect(Object.keys(own).sort()).toEqual([...new Set(provider.fileRules.map(({ id }) => id))].sort());
  });

  test.each(Object.entries(own))(
    "%s: accepts the files that keep it; a file that breaks it is an error, or a warning if INFERRED",
    async (id, example) => {
      const rules = provider.fileRules.filter((rule) => rule.id === id);
      const switches = example.on === undefined ? {} : { [example.on]: true };
      const problems = (seen: readonly InspectedMedium[], only: readonly FileRule[] = rules) =>
        fileProblemsOf(only, seen, { switches });
      const [kept, broken, close] = await Promise.all(
        [example.keep, example.break, example.close ?? []].map(inspectAll),
      );
      for (const seen of kept ?? []) expect(problems(seen), factsText(seen)).toEqual([]);
      for (const seen of broken ?? []) {
        const label = rules.find(({ of }) => seen.some(({ medium }) => of.includes(medium.kind)))?.label;
        const severity = label === "INFERRED" ? "warning" : "error";
        const shown = label === "PROVIDED" ? "DOCUMENTED" : label;
        expect(problems(seen), factsText(seen)).toContainEqual(
          expect.objectContaining({ rule: id, label: shown, severity }),
        );
      }
      for (const seen of close ?? []) {
        expect(problems(seen), factsText(seen)).toEqual([
          expect.objectContaining({ label: "INFERRED", severity: "warning" }),
        ]);
      }
      for (const rule of rules) {
        for (const [limit, value] of Object.entries(rule.limits)) {
          const alone = [{ ...rule, limits: { [limit]: value } }];
          expect(
            broken?.some((seen) => problems(seen, alone).length > 0),
            `${id}: an example breaks ${limit}`,
          ).toBe(true);
        }
      }
      if (example.on !== undefined) {
        expect(fileProblemsOf(rules, broken?.flat() ?? [], { switches: {} })).toEqual([]);
      }
    },
  );
});

function arkVideos(): Pick<Example, "keep" | "break"> {
  const sizes = ["clip-720p.mp4", "clip-1080p.mp4", "clip.mov"];
  return {
    keep: [...lengths.keep, ...sizes.map((size) => videos(size)), ["video", clipOf(50 * mebibyte - 1)]],
    break: [
      ...lengths.break,
      ...["clip-360p.mp4", "clip-1088p.mp4", "clip-wide.mp4", "clip-low.mp4", "clip-15fps.mp4", "clip.webm"].map(
        (odd) => videos(odd),
      ),
      ["video", clipOf(50 * mebibyte)],
    ],
  };
}

function arkSounds(): Pick<Example, "keep" | "break"> {
  return {
    keep: [...soundLengths.keep, ...soundFormats.keep, ["audio", large(wavFile(2), 15 * mebibyte - 1)]],
    break: [...soundLengths.break, ...soundFormats.break, ["audio", large(wavFile(2), 15 * mebibyte)]],
  };
}

function inspectAll(all: readonly Files[]): Promise<InspectedMedium[][]> {
  return Promise.all(all.map(([kind, ...files]) => Promise.all(files.map((file, at) => inspectOne(kind, file, at)))));
}

async function inspectOne(kind: Medium["kind"], file: File, at: number): Promise<InspectedMedium> {
  const wanted = kind === "frame" ? "image" : kind;
  await using server = Buffer.isBuffer(file) ? undefined : await servePadded(file.head, file.bytes);
  const url = Buffer.isBuffer(file) ? asDataUri(file) : (server?.url ?? "");
  const probed = await probe(url, wanted, { http, media: {} as MediaStore });
  if (probed.kind !== "facts") throw new Error(`${kind} ${at}: ${probed.reason}`);
  return { medium: { field: `${wanted}s[${at}].url`, kind, url: "https://example.com/file" }, facts: probed.facts };
}

function factsText(seen: readonly InspectedMedium[]): string {
  return seen.map(({ facts }) => JSON.stringify(facts)).join(" ");
}
