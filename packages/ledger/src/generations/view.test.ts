import type { Output } from "@reelqueue/contracts";
import { expect, test } from "vitest";
import { outputsOf, outputsText } from "./view.ts";

const id = "reel_2zP9txIcDUPpZEZOpkcozh";
const video: Output = {
  kind: "video",
  key: `2026/11/20/${id}/1-video.mp4`,
  bytes: 5_242_880,
  sha256: "fa2c9b51764f13f75304946eab45aa91f45ca7b156e9269ce4f74f17e81aaa48",
  contentType: "video/mp4",
};
const frame: Output = { ...video, kind: "last_frame", key: "a folder/of its own.png", contentType: "image/png" };

test("outputs: survive the round trip, in order", () => {
  expect(outputsOf(id, outputsText(id, [video, frame]))).toEqual([video, frame]);
});

test("outputs: empty for a record without outputs", () => {
  expect(outputsOf(id, undefined)).toEqual([]);
  expect(outputsOf(id, outputsText(id, []))).toEqual([]);
});
