import { generationRequest } from "@reelqueue/contracts";
import { expect, test } from "vitest";
import { markOf, modelName } from "./wire.ts";

const request = generationRequest.parse({ prompt: "A glass frog" });
const attempts = Array.from({ length: 2_000 }, (_, n) => `reel_${n >> 1}.${(n % 2) + 1}`);

test("marks: differ between attempts, within the bounds of the provider, at most 48 hours", () => {
  for (const expiresIn of [undefined, 1, 3_600, 100_000, 2_592_000]) {
    const marks = attempts.map((key) => markOf({ ...request, expiresIn }, key));
    for (const mark of marks) expect(mark).toSatisfy((seconds: number) => seconds >= 3_600 && seconds < 172_800);
    // 2,000 draws of 43,199 values: about 50 collide by chance.
    expect(new Set(marks).size).toBeGreaterThan(1_900);
    if (expiresIn !== undefined && expiresIn < 129_600)
      for (const mark of marks) expect(mark).toBeGreaterThan(expiresIn);
  }
});

test("marks: the same for the same attempt", () => {
  expect(markOf(request, "reel_1.1")).toBe(markOf(request, "reel_1.1"));
  expect(markOf(request, "reel_1.1")).not.toBe(markOf(request, "reel_1.2"));
});

test.each([
  ["https://ark.cn-beijing.volces.com/api/v3", {}, "doubao-seedance-2-0-fast-260128"],
  ["https://ark.ap-southeast.bytepluses.com/api/v3", {}, "dreamina-seedance-2-0-fast-260128"],
  ["https://ark.ap-southeast.bytepluses.com/api/v3", { internationalModels: false }, "doubao-seedance-2-0-fast-260128"],
  ["https://gateway.example.com/ark", { internationalModels: true }, "dreamina-seedance-2-0-fast-260128"],
])("modelName: at %s with %j the fast model is %s", (baseUrl, switches, name) => {
  expect(modelName("seedance-2.0-fast", { baseUrl, switches })).toBe(name);
});
