// What every end-to-end spec starts from: the built site in Chromium, with its promises watched.
//
// `cargo xtask test` serves the site under a sub-path and our Content-Security-Policy and says where through the
// environment. `openPage` fails a spec for what no spec may do: log an error, leave the origin, break the policy.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(new URL("../../web/editor/package.json", import.meta.url));
const { chromium } = require("playwright-core");

/** Where the site is, with a slash at the end. */
export const site = process.env.PAGEWALK_URL ?? "http://127.0.0.1:8080/";
const pictures = process.env.PAGEWALK_PICTURES ?? "target/e2e";
const lists = process.env.PAGEWALK_LISTS;

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const openBrowser = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "chromium", args: flags });

/**
 * Opens a page of the site.
 * @param browser from `openBrowser`
 * @param {{path?: string, width?: number, height?: number, dark?: boolean}} options
 */
export async function openPage(browser, { path = "", width = 1280, height = 800, dark = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
  const page = await context.newPage();
  const faults = [];
  const requests = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => {
    // A reload gives up what the page before was still asking for.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") faults.push(`failed: ${request.url()}`);
  });
  page.on("request", (request) => {
    requests.push(request.url());
    if (!request.url().startsWith(site)) faults.push(`left the site: ${request.url()}`);
  });
  await page.addInitScript(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.longTasks.push(Math.round(entry.duration));
    }).observe({ type: "longtask", buffered: true });
    // What such a task held, as far as Chromium tells.
    globalThis.longFrames = [];
    new PerformanceObserver((list) => {
      for (const { duration, scripts, styleAndLayoutStart, startTime } of list.getEntries()) {
        const held = scripts.map((script) => `${script.invoker} ${Math.round(script.duration)} ms, ${Math.round(script.forcedStyleAndLayoutDuration)} of it layout`);
        globalThis.longFrames.push(`${Math.round(duration)} ms to ${Math.round(startTime + duration)}: ${held.join("; ")}; layout from ${Math.round(styleAndLayoutStart - startTime)} ms on`);
      }
    }).observe({ type: "long-animation-frame", buffered: true });
  });
  await page.goto(site + path);
  return {
    page,
    /** What was asked for so far, as paths in the site. */
    requests: () => requests.map((url) => url.slice(site.length).split(/[?#]/)[0] || "index.html"),
    /** Milliseconds of every main-thread task over 50 ms since the page was opened, or since the last call. */
    longTasks: () => page.evaluate(() => globalThis.longTasks.splice(0)),
    /** The frames over 50 ms since then, in words. */
    longFrames: () => page.evaluate(() => globalThis.longFrames.splice(0)),
    picture: (name) => page.screenshot({ path: join(pictures, `${name}.png`) }),
    /** To be called last: nothing went wrong meanwhile, but what the spec itself broke. */
    async close(broken) {
      await context.close();
      assert.deepEqual(faults.filter((fault) => !broken?.test(fault)), []);
    },
  };
}

/** The files that `cargo xtask dist` counted for a screen; nothing when it has not run. */
export function countedFiles(screen) {
  return lists && JSON.parse(readFileSync(join(lists, `${screen}.json`), "utf8"));
}
