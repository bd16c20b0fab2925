import { expect, test } from "vitest";
import { openSimulator } from "../../testing/client.ts";
import { microUsd } from "./price.ts";

const clip = (seconds: number) => `https://cdn.example.com/clip-${seconds}s.mp4`;

async function charged(body: object): Promise<unknown> {
  await using client = await openSimulator();
  await client.jiekou.create(body);
  return (await client.ledger()).at("chargedMicroUsd");
}

test("no video input: unit price times seconds", async () => {
  expect(await charged({ duration: 4, resolution: "480p" })).toBe(281_200);
  expect(await charged({ duration: 15, resolution: "1080p" })).toBe(5_613_000);
  expect(await charged({ duration: 5, resolution: "720p", fast: true })).toBe(605_000);
});

test("short video input: the minimum charge for the output seconds, as in the vendor's example", async () => {
  expect(await charged({ duration: 4, resolution: "480p", reference_videos: [clip(2)] })).toBe(300_000);
});

test("long video input: input and output are charged by the second, without the minimum", async () => {
  expect(await charged({ duration: 4, resolution: "480p", reference_videos: [clip(15)] })).toBe(19 * 43_200);
});

test("images and audio: no minimum charge", async () => {
  const [reference_images, reference_audios] = [["https://cdn.example.com/a.png"], ["https://cdn.example.com/a.mp3"]];
  expect(await charged({ duration: 4, resolution: "480p", reference_images, reference_audios })).toBe(281_200);
});

test("minimum charges: the corners of the vendor's table", () => {
  const minimum = (column: Parameters<typeof microUsd>[0], seconds: number) =>
    microUsd(column, seconds, { seconds: -seconds });
  expect(minimum("2.0-480p", 4)).toBe(300_000);
  expect(minimum("2.0-480p", 15)).toBe(1_080_000);
  expect(minimum("2.0-1080p", 4)).toBe(1_640_000);
  expect(minimum("2.0-1080p", 15)).toBe(6_170_000);
  expect(minimum("fast-720p", 4)).toBe(500_000);
  expect(minimum("fast-720p", 15)).toBe(1_780_000);
});
