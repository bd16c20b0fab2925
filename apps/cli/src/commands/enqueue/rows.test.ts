import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generationRequest } from "@reelqueue/contracts";
import { describe, expect, onTestFinished, test } from "vitest";
import { batchNameOf } from "./batch.ts";
import { keyByLine, keyOf } from "./keys.ts";
import { findLocalFiles, withStored } from "./media.ts";
import { fillVariables, readRows, sourceAt, variablesOf } from "./rows.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "reelqueue-rows-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function read(content: string | Buffer, count = Number.POSITIVE_INFINITY) {
  const file = join(folder(), "my prompts (2).jsonl");
  writeFileSync(file, content);
  return readRows(await sourceAt(file), count);
}

describe("a file", () => {
  test("is read line by line; a byte order mark, blank lines and carriage returns are ignored", async () => {
    const { rows, problems } = await read('\u{feff}{"prompt":"a"}\r\n\r\n  \n{"prompt":"b"}\r\n{"prompt":"c"}');
    expect(rows.map(({ line, request }) => [line, request.prompt])).toEqual([
      [1, "a"],
      [4, "b"],
      [5, "c"],
    ]);
    expect(problems).toEqual([]);
  });

  test("reports each bad line by its number and reads the others", async () => {
    const latin1 = Buffer.from([0x7b, 0x22, 0x70, 0x22, 0x3a, 0x22, 0xe9, 0x22, 0x7d, 0x0a]);
    const { rows, problems } = await read(
      Buffer.concat([Buffer.from('{"prompt":"a"\n[1]\n"text"\nnull\n{"prompt":"b"}\n'), latin1]),
    );
    expect(rows.map(({ line }) => line)).toEqual([5]);
    expect(problems.map(({ line }) => line)).toEqual([1, 2, 3, 4, 6]);
    expect(problems.map(({ message }) => message).join("\n")).toMatch(/not valid JSON.*not a JSON object.*not UTF-8/s);
  });

  test("only a line feed ends a line: U+2028, U+2029, a carriage return and U+FFFD may stand in it", async () => {
    const prompts = ["a\u{2028}b", "c\u{2029}d", "e\u{fffd}f"];
    const text = prompts.map((prompt) => JSON.stringify({ prompt })).join("\n");
    const { rows, problems } = await read(`${text}\n{"prompt":\r"g"}\n`);
    expect(rows.map(({ line, request }) => [line, request.prompt])).toEqual([
      ...prompts.map((prompt, i) => [i + 1, prompt]),
      [4, "g"],
    ]);
    expect(problems).toEqual([]);
  });

  test("is read up to `count` rows, bad rows included", async () => {
    const { rows, problems } = await read('{"a":1}\nx\n{"a":2}\n{"a":3}\n', 3);
    expect([rows.length, problems.length]).toEqual([2, 1]);
  });

  test("gives its name to the batch", async () => {
    expect((await sourceAt(join(import.meta.dirname, "rows.test.ts"))).batch).toBe("rows.test");
    const odd = join(folder(), "my prompts (2)#ä.jsonl");
    writeFileSync(odd, "");
    expect(await sourceAt(odd)).toMatchObject({
      batch: expect.stringMatching(/^my prompts -2--ä~[0-9a-f]{8}$/),
      olderBatch: "my prompts -2---",
    });
  });

  test.each([
    ["spring", "spring"],
    ["a.b:c@d+e f_g-1", "a.b:c@d+e f_g-1"],
    ["春季", "春季"],
    ["Größe".normalize("NFD"), "Größe"],
    ["हिन्दी", "हिन्दी"],
    ["x".repeat(100), "x".repeat(100)],
  ])("named %s keeps its name as that of the batch", (file, batch) => {
    expect(batchNameOf(file)).toBe(batch);
  });

  test("a name that has to be changed stays another one than every other name", () => {
    const long = "𠮷".repeat(60);
    const names = ["a(1)", "a[1]", "a-1-", "a~1~", "🎬", "📼", "--", "-", long, `${long}2`, `${long}3`];
    const batches = names.map(batchNameOf);
    expect(new Set(batches).size).toBe(names.length);
    for (const batch of batches) {
      expect(generationRequest.shape.batch.parse(`${batch}-2`)).toBe(`${batch}-2`);
    }
  });

  test.each([
    ["nothing in it", ""],
    ["only blank lines", "\n\r\n"],
  ])("with %s: one sentence", async (_, content) => {
    await expect(read(content)).rejects.toThrow(/holds no request/);
  });

  test("that does not exist or is a folder: one sentence", async () => {
    await expect(sourceAt(join(folder(), "none"))).rejects.toThrow(/The file .* does not exist/);
    await expect(sourceAt(folder())).rejects.toThrow(/is a folder/);
  });
});

describe("idempotency key of a row", () => {
  const row = { line: 3, request: { prompt: "a", seconds: 5, images: [{ url: "media://x", role: "first_frame" }] } };

  test("is the same for the same row, whatever the order of its fields", () => {
    const reordered = {
      line: 3,
      request: { images: [{ role: "first_frame", url: "media://x" }], seconds: 5, prompt: "a" },
    };
    expect(keyByLine("b", reordered)).toBe(keyByLine("b", row));
  });

  test("changes with the batch, the line and every value", () => {
    const keys = [
      keyByLine("b", row),
      keyByLine("b-2", row),
      keyByLine("b", { ...row, line: 4 }),
      keyByLine("b", { ...row, request: { ...row.request, seconds: 6 } }),
      keyByLine("b", { ...row, request: { ...row.request, images: [{ url: "media://y", role: "first_frame" }] } }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("changes with the batch, the hash of the request and the number among equal rows, not with the line", () => {
    expect(keyOf("spring", "qhLkyPM1Ft2uV0Cz", 2)).toBe("spring:qhLkyPM1Ft2uV0Cz:2");
  });

  test("is the row's own if it has one", () => {
    expect(keyByLine("b", { line: 1, request: { idempotencyKey: "mine" } })).toBe("mine");
  });
});

describe("local media", () => {
  test("are found relative to the file and named by their hash; each missing one is reported", async () => {
    const here = folder();
    writeFileSync(join(here, "a.jpeg"), "same");
    writeFileSync(join(here, "b.jpg"), "same");
    writeFileSync(join(here, "notes.txt"), "x");
    const images = ["a.jpeg", "b.jpg", "none.png", "notes.txt", "https://x.example/y.png", "asset://1"].map((url) => ({
      url,
    }));
    const { files, problems } = await findLocalFiles([{ line: 7, request: { images } }], here);
    const urls = (withStored({ images }, files).images as { url: string }[]).map(({ url }) => url);
    expect(urls[0]).toMatch(/^media:\/\/[0-9a-f]{64}\.jpg$/);
    expect(urls).toEqual([urls[0], urls[0], "none.png", "notes.txt", "https://x.example/y.png", "asset://1"]);
    expect(problems.map(({ line, message }) => [line, message.split(" ")[0]])).toEqual([
      [7, "images[2].url:"],
      [7, "images[3].url:"],
    ]);
  });

  test.each([
    ["a.jfif", "jpg"],
    ["a.JPE", "jpg"],
    ["a.heic", "heic"],
    ["a.HEIF", "heic"],
  ])("%s is named as the media store names it: .%s", async (name, extension) => {
    const here = folder();
    writeFileSync(join(here, name), "x");
    const { files } = await findLocalFiles([{ line: 1, request: { images: [{ url: name }] } }], here);
    expect(files.get(name)?.url).toMatch(new RegExp(`^media://[0-9a-f]{64}\\.${extension}$`));
  });

  test("malformed requests are left for the API to refuse", async () => {
    const request = { images: "x", videos: [1, null, { url: 5 }] };
    const { files, problems } = await findLocalFiles([{ line: 1, request }], folder());
    expect([files.size, problems]).toEqual([0, []]);
    expect(withStored(request, files)).toEqual(request);
  });
});

describe("variables", () => {
  const request = { prompt: "{{NAME}} stays", webhook: "{{HOOK}}/x", videos: [{ url: "{{HOST}}/clip.mp4" }] };

  test("are replaced in URLs only", () => {
    const { row, problems } = fillVariables(
      { line: 1, request },
      variablesOf(["HOST=https://a", "HOOK=https://b?x=1"]),
    );
    expect(row.request).toEqual({
      prompt: "{{NAME}} stays",
      webhook: "https://b?x=1/x",
      videos: [{ url: "https://a/clip.mp4" }],
    });
    expect(problems).toEqual([]);
  });

  test("without a value are reported by line and field", () => {
    const { problems } = fillVariables({ line: 4, request }, { constructor: "no" } as unknown as Record<
      string,
      string
    >);
    expect(problems).toEqual([
      { line: 4, message: expect.stringMatching(/^webhook: .*--set HOOK=/) },
      { line: 4, message: expect.stringMatching(/^videos\[0\]\.url: .*--set HOST=/) },
    ]);
  });

  test.each(["a=b", "NAME", "=x", "NA ME=x"])("%s is not a pair", (pair) => {
    expect(() => variablesOf([pair])).toThrow(/NAME=VALUE/);
  });
});
