import { chromium, type Page } from "playwright-core";
import { pathOf } from "./needs.ts";

export interface Browser extends AsyncDisposable {
  page: Page;
  /** URLs that pages asked for, at any host. */
  requested: readonly string[];
  /** Errors in the console of the page, and uncaught ones. */
  errors: readonly string[];
}

/** Starts a headless Chromium that resolves no name: only addresses of this machine can be reached. */
export async function startChromium(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: pathOf("chromium") ?? "chromium",
    // Playwright itself switches off the sandbox, background requests, updates and sync
    args: ["--disable-gpu", "--disable-quic", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  });
  const page = await browser.newPage();
  const requested: string[] = [];
  const errors: string[] = [];
  page.on("request", (request) => requested.push(request.url()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  return { page, requested, errors, [Symbol.asyncDispose]: () => browser.close() };
}
