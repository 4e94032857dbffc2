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
 * @param {{path?: string, width?: number, height?: number, dark?: boolean, watch?: boolean}} options; with `watch` the page has
 * `watched`, what `watchTasks` gives, from before its first byte
 */
export async function openPage(browser, { path = "", width = 1280, height = 800, dark = false, watch = false } = {}) {
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
  const watched = watch ? await watchTasks(browser, page) : undefined;
  await page.goto(site + path);
  return {
    page,
    watched,
    /** What was asked for so far, as paths in the site. */
    requests: () => requests.map((url) => url.slice(site.length).split(/[?#]/)[0] || "index.html"),
    picture: (name) => page.screenshot({ path: join(pictures, `${name}.png`) }),
    /** To be called last: nothing went wrong meanwhile, but what the spec itself broke. */
    async close(broken) {
      await context.close();
      assert.deepEqual(faults.filter((fault) => !broken?.test(fault)), []);
    },
  };
}

/**
 * Watches what the page's main thread does from here on.
 *
 * A task is weighed by the processor's time of its thread, which Chromium's own trace has beside the time that passed: what the page
 * does itself is in both, what another process took from it is in the second only.
 *
 * @returns {Promise<() => Promise<{processor: number, passed: number}[]>>} ends the watch: its tasks, the heaviest first, in milliseconds
 */
export async function watchTasks(browser, page) {
  // A spec that failed may have left one running.
  await browser.stopTracing().catch(() => {});
  await browser.startTracing(page, { categories: ["-*", "toplevel", "blink.user_timing"] });
  return async () => {
    const mark = `pagewalk ${Date.now()}`;
    await page.evaluate((name) => performance.mark(name), mark);
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
    const { pid, tid } = traceEvents.find(({ name }) => name === mark);
    const tasks = traceEvents
      // "X": it has ended.
      .filter((event) => event.name === "ThreadControllerImpl::RunTask" && event.ph === "X" && event.pid === pid && event.tid === tid)
      // A task on the trace's edge may lack the processor's time: it is weighed by what passed, which is never less.
      .map(({ tdur, dur }) => ({ processor: (tdur >= 0 ? tdur : dur) / 1000, passed: dur / 1000 }));
    assert.ok(tasks.length > 0, "the trace has no task");
    return tasks.sort((a, b) => b.processor - a.processor);
  };
}

/** The files that `cargo xtask dist` counted for a screen; nothing when it has not run. */
export function countedFiles(screen) {
  return lists && JSON.parse(readFileSync(join(lists, `${screen}.json`), "utf8"));
}
