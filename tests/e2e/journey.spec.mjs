// The whole way once: a million rows, an index by clicking, the plan follows; cancel; a link gives it all back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, openPage, watchTasks } from "./harness.mjs";
import { assertNoLongTask, engine, experiment, figure, figures, planHas, planItems, ready, run, started, write } from "./pagewalk.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const QUERY = "SELECT id, amount FROM orders WHERE customer_id = 123 ORDER BY id";

test("a million rows load, and an index made by clicking turns the Seq Scan into an Index Scan", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 1_000_000, query: QUERY }) });
  await engine(page).filter({ hasNotText: /starting|ready/i }).waitFor({ timeout: 30_000 });
  await started(page);
  const watched = await watchTasks(browser, page);
  await ready(page);
  await planHas(page, "Seq Scan on orders");
  const costBefore = await figure(page, "cost, estimated", 10_000);
  await run(page);
  const pagesBefore = await figure(page, "pages, measured");
  await picture("journey-seq-scan");

  await page.getByRole("button", { name: "New index" }).click();
  await page.getByRole("form", { name: "New index" }).getByRole("button", { name: "customer_id", exact: true }).click();
  await picture("journey-new-index");
  await page.getByRole("button", { name: "Create index" }).click();
  // Without pressing Run: the plan follows the index.
  await page.getByRole("tree", { name: "Plan" }).getByRole("treeitem", { name: /orders_customer_id_idx/ }).first().waitFor({ timeout: 60_000 });
  await ready(page);
  const costAfter = await figure(page, "cost, estimated");
  await run(page);
  const pagesAfter = await figure(page, "pages, measured");
  await picture("journey-index-scan");
  assert.ok((await planItems(page)).every((name) => !name.startsWith("Seq Scan")), "no Seq Scan is left");
  assert.ok(costAfter < costBefore / 50, `cost fell from ${costBefore} to ${costAfter}`);
  assert.ok(pagesAfter < pagesBefore / 100, `pages fell from ${pagesBefore} to ${pagesAfter}`);

  const counted = await figures(page);
  await page.waitForFunction(() => location.hash.includes("orders_customer_id_idx"));
  await assertNoLongTask(watched);

  // The link, opened anew, gives the same plan and the same counters.
  await page.reload();
  await ready(page);
  await planHas(page, "");
  await run(page);
  await page.locator(".pw-figures__item", { hasText: "pages, measured" }).waitFor();
  assert.deepEqual(await figures(page), counted);
  await close();
});

test("a long query is cancelled and the database goes on", async () => {
  const { page, close } = await openPage(browser, { path: experiment({ rows: 100_000, query: "SELECT 1" }) });
  await started(page);
  const watched = await watchTasks(browser, page);
  await ready(page);
  await write(page, "SELECT count(*) FROM orders a, orders b WHERE a.amount + b.amount < 0");
  await page.getByRole("button", { name: "Run" }).click();
  const cancel = page.getByRole("button", { name: "Cancel" });
  await cancel.waitFor();
  const asked = Date.now();
  await cancel.click();
  await ready(page, 5_000);
  assert.ok(Date.now() - asked < 5_000);
  await page.getByText(/cancelled/).waitFor();
  await write(page, "SELECT count(*) AS n FROM orders");
  await run(page);
  await page.getByRole("tab", { name: "Results" }).click();
  await page.getByRole("table", { name: "Results" }).getByRole("cell", { name: "100000" }).waitFor();
  await assertNoLongTask(watched);
  await close();
});

test("the plan follows while a query is running", async () => {
  const { page, close } = await openPage(browser, { path: experiment({ rows: 100_000, query: "SELECT 1" }) });
  await ready(page);
  await started(page);
  const watched = await watchTasks(browser, page);
  await write(page, "SELECT count(*) FROM orders a, orders b WHERE a.amount + b.amount < 0");
  await page.getByRole("button", { name: "Run" }).click();
  await page.getByRole("button", { name: "Cancel" }).waitFor();
  await write(page, "SELECT * FROM customers WHERE id = 7");
  await planHas(page, "Index Scan using customers_pkey on customers");
  // The first closes the completion list, if there is one.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await ready(page, 5_000);
  await assertNoLongTask(watched);
  await close();
});

test("keys alone run a query, walk its plan and read its rows", async () => {
  const { page, close } = await openPage(browser, { path: experiment({ rows: 10_000, query: "SELECT id FROM orders ORDER BY amount LIMIT 3" }) });
  await ready(page);
  await page.getByRole("textbox", { name: "SQL" }).focus();
  await page.keyboard.press("ControlOrMeta+Enter");
  await page.locator(".pw-figures__item", { hasText: "pages, measured" }).waitFor();
  const items = page.getByRole("tree", { name: "Plan" }).getByRole("treeitem");
  await items.first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const focused = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  assert.match(focused, /^Seq Scan on orders/);
  await page.getByRole("tab", { name: "Plan" }).focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.getByRole("table", { name: "Results" }).getByRole("row").count(), 4);
  await close();
});
