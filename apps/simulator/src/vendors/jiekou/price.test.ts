import { expect, test } from "vitest";
import { openSimulator } from "../../testing/client.ts";
import { microUsd } from "./price.ts";

const clip = (seconds: number) => `https://cdn.example.com/clip-${seconds}s.mp4`;

async function charged(body: object): Promise<unknown> {
  await using client = await openSimulator();
  await client.jiekou.create(body);
  return (await client.ledger()).at("chargedMicroUsd");
}

test("without video input the charge is the unit price times the seconds", async () => {
  expect(await charged({ duration: 4, resolution: "480p" })).toBe(281_200);
  expect(await charged({ duration: 15, resolution: "1080p" })).toBe(5_613_000);
  expect(await charged({ duration: 5, resolution: "720p", fast: true })).toBe(605_000);
});

test("with a short video input the minimum of the output seconds is charged, as in the vendor's example", async () => {
  expect(await charged({ duration: 4, resolution: "480p", reference_videos: [clip(2)] })).toBe(300_000);
});

test("with a long video input both videos are charged by the second, and never the minimum on top", async () => {
  expect(await charged({ duration: 4, resolution: "480p", reference_videos: [clip(15)] })).toBe(19 * 43_200);
});

test("images and audio trigger no minimum", async () => {
  const [reference_images, reference_audios] = [["https://cdn.example.com/a.png"], ["https://cdn.example.com/a.mp3"]];
  expect(await charged({ duration: 4, resolution: "480p", reference_images, reference_audios })).toBe(281_200);
});

test("the minimum table is the vendor's in its corners", () => {
  const minimum = (column: Parameters<typeof microUsd>[0], seconds: number) =>
    microUsd(column, seconds, { seconds: -seconds });
  expect(minimum("2.0-480p", 4)).toBe(300_000);
  expect(minimum("2.0-480p", 15)).toBe(1_080_000);
  expect(minimum("2.0-1080p", 4)).toBe(1_640_000);
  expect(minimum("2.0-1080p", 15)).toBe(6_170_000);
  expect(minimum("fast-720p", 4)).toBe(500_000);
  expect(minimum("fast-720p", 15)).toBe(1_780_000);
});
