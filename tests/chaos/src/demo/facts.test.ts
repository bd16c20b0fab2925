import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { videoBytesIn } from "./facts.ts";

test("videoBytesIn: counts only files with an MP4 header, in any folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "reelqueue-videos-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "a", "b"), { recursive: true });
  const mp4 = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypisom"), Buffer.alloc(100)]);
  writeFileSync(join(folder, "a", "b", "video.mp4"), mp4);
  writeFileSync(join(folder, "a", "error-page.mp4"), "<html>not found</html>");
  writeFileSync(join(folder, "a", "empty.mp4"), "");
  writeFileSync(join(folder, "a", "video.mp4.part"), mp4);
  expect(videoBytesIn(folder)).toEqual([112]);
});
