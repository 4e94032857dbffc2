// The page starts without keeping anybody waiting, its worker answers, and it loads nothing that was not weighed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { countedFiles, openBrowser, openPage } from "./harness.mjs";
import { assertNoLongTask, started } from "./pagewalk.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

test("page starts and the engine reports itself ready", async () => {
  const { page, picture, watched, close } = await openPage(browser, { watch: true });
  // The plan is there before the tables are full, and follows them.
  await page.getByRole("tree", { name: "Plan" }).getByRole("treeitem").first().waitFor();
  assert.match(await page.getByRole("status", { name: "Engine" }).textContent(), /loading/i);
  console.log(`first plan ${Math.round(await page.evaluate(() => performance.now()))} ms after navigation`);
  await page.getByRole("status", { name: "Engine" }).filter({ hasText: /ready/i }).waitFor();
  await picture("start");
  await started(page);
  await assertNoLongTask(watched);
  await close();
});

test("first screen loads only what its budget counts", { skip: !countedFiles("first-screen") }, async () => {
  const { page, requests, close } = await openPage(browser);
  await page.getByRole("status", { name: "Engine" }).filter({ hasText: /ready/i }).waitFor();
  await page.waitForLoadState("networkidle");
  const counted = countedFiles("first-screen");
  assert.deepEqual(requests().filter((path) => !counted.includes(path)), []);
  await close();
});
