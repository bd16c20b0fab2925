import { eventually } from "@reelqueue/testing";
import { startChromium, testWith } from "@reelqueue/testing/services";
import { expect } from "vitest";
import { openTestDashboard } from "./test-dashboard.ts";
import { failedWith, fill } from "./test-ledger.ts";

const inBrowser = testWith("chromium");

inBrowser("log in, see every queue, open a failed generation; markup in it is shown as text", async () => {
  await using dashboard = await openTestDashboard();
  const { cell } = dashboard.installation;
  const markup = '<img src="x" onerror="document.title = \'ran\'">';
  const id = await failedWith(cell, { class: "upstream", code: "E500", message: markup });
  await fill(cell, "running", 3, { prompt: markup });
  await using browser = await startChromium();
  const { page } = browser;

  await page.goto(dashboard.url);
  await page.fill('input[name="user"]', "admin");
  await page.fill('input[name="password"]', "operator-password");
  await page.click("button");
  await page.waitForSelector("text=generations");
  for (const queue of ["deliveries", "submit", "poll", "finalize"]) await page.waitForSelector(`text=${queue}`);

  await page.goto(`${dashboard.url}/queue/generations/${id}`);
  await eventually(async () => (await page.textContent("body"))?.includes(markup), {
    describe: "the failure is shown",
  });
  await page.goto(`${dashboard.url}/queue/generations?status=active`);
  await eventually(async () => (await page.textContent("body"))?.includes("onerror"), {
    describe: "the prompts are shown",
  });
  expect(await page.title()).not.toBe("ran");
  expect(browser.requested.filter((url) => !url.startsWith(dashboard.url))).toEqual([]);
  expect(browser.errors).toEqual([]);
});

inBrowser("a wrong password: the page says so, and no queue is shown", async () => {
  await using dashboard = await openTestDashboard();
  await using browser = await startChromium();
  await browser.page.goto(dashboard.url);
  await browser.page.fill('input[name="user"]', "admin");
  await browser.page.fill('input[name="password"]', "wrong");
  await browser.page.click("button");
  await browser.page.waitForSelector('input[name="password"]');
  expect(await browser.page.textContent("body")).toMatch(/wrong|do not match|incorrect/i);
  expect(await browser.page.textContent("body")).not.toContain("generations");
});
