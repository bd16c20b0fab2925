import { expect, test } from "vitest";
import { generationRequest, limits, modeOf } from "./request.ts";

const parse = (input: unknown) => generationRequest.safeParse(input);

test("generationRequest: needs a prompt only, the rest has defaults", () => {
  expect(generationRequest.parse({ prompt: "a cup" })).toEqual({
    prompt: "a cup",
    model: "seedance-2.0",
    seconds: 5,
    resolution: "720p",
    images: [],
    videos: [],
    audios: [],
    tags: [],
    maxAttempts: 2,
    priority: 0,
  });
});

test.each([
  ["an unknown field", { prompt: "x", promt: "y" }],
  ["seconds as text", { prompt: "x", seconds: "5" }],
  ["a fraction of a second", { prompt: "x", seconds: 5.5 }],
  ["an unknown model", { prompt: "x", model: "seedance-3" }],
  ["an unknown role", { images: [{ url: "https://x/1.png", role: "middle_frame" }] }],
  ["a priority above 9", { prompt: "x", priority: 10 }],
  ["a prompt that is too long", { prompt: "x".repeat(limits.promptChars + 1) }],
  ["metadata that is too large", { prompt: "x", metadata: { a: "x".repeat(limits.metadataBytes) } }],
  ["a webhook that is no URL", { prompt: "x", webhook: "example.com" }],
  ["a webhook of another scheme", { prompt: "x", webhook: "ftp://example.com/" }],
  ["a field that only the server writes", { prompt: "x", state: "succeeded" }],
])("generationRequest: refuses %s", (_, input) => {
  expect(parse(input).success).toBe(false);
});

test.each([
  ["Chinese", "春季 3/4"],
  ["accents and digits of other scripts", "Größe ٣"],
  ["combining marks", "हिन्दी"],
  ["letters beyond the basic plane", "𠮷野家"],
])("generationRequest: names may hold %s", (_, name) => {
  expect(parse({ prompt: "x", batch: name, tags: [name] }).data).toMatchObject({ batch: name, tags: [name] });
});

test("generationRequest: a name is stored in one form, however its letters are composed", () => {
  const composed = "Größe";
  expect(parse({ prompt: "x", batch: composed.normalize("NFD") }).data?.batch).toBe(composed);
});

test.each(["a\nb", "a\u0000b", "a\u200bb", "a,b", "\ud800", "🎬"])("generationRequest: refuses the name %j", (name) => {
  expect(parse({ prompt: "x", batch: name }).success).toBe(false);
});

test("modeOf: the mode follows from the media", () => {
  const image = (role: string) => ({ url: "https://x/1.png", role });
  const mode = (input: object) => modeOf(generationRequest.parse(input));
  expect(mode({ prompt: "x" })).toBe("text");
  expect(mode({ images: [image("first_frame")] })).toBe("first_frame");
  expect(mode({ images: [image("first_frame"), image("last_frame")] })).toBe("first_last_frame");
  expect(mode({ images: [{ url: "https://x/1.png" }] })).toBe("reference");
  expect(mode({ videos: [{ url: "https://x/1.mp4" }] })).toBe("reference");
});
