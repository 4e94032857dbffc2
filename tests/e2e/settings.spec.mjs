// What the planner is told, on the page: ways it may go, prices, PostgreSQL 18's skip scan. The plan follows each change, and so does the link.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, openPage } from "./harness.mjs";
import { experiment, figure, planHas, ready } from "./pagewalk.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const QUERY = "SELECT id, amount FROM orders WHERE order_date = date '2016-03-01'";
const INDEX = "CREATE INDEX orders_status_date ON orders (status, order_date)";
const open = { rows: 100_000, statements: [INDEX, "VACUUM ANALYZE orders"], query: QUERY };

test("a way is forbidden and allowed again by a switch, and the link has it while it lasts", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ ...open, query: "SELECT id FROM orders WHERE id = 7" }) });
  await ready(page);
  await planHas(page, "Index Only Scan using orders_pkey");
  await page.getByText("Planner settings").click();
  const ways = page.getByRole("group", { name: "Ways the planner may go" });
  for (const name of ["index-only scan", "index scan", "bitmap scan"]) {
    const way = ways.getByRole("button", { name, exact: true });
    assert.equal(await way.getAttribute("aria-pressed"), "true");
    await way.click();
    await ready(page);
    assert.equal(await way.getAttribute("aria-pressed"), "false");
  }
  await planHas(page, "Seq Scan on orders");
  await page.getByText("3 changed").waitFor();
  await page.waitForFunction(() => decodeURIComponent(location.hash.replaceAll("+", " ")).includes("do=SET enable_indexscan = 'off'"));
  await picture("settings-switches");
  await page.getByRole("button", { name: "Reset all" }).click();
  await planHas(page, "Index Only Scan using orders_pkey");
  await page.waitForFunction(() => !location.hash.includes("enable_"));
  await close();
});

test("PostgreSQL 18's skip scan is a switch, and the cost falls", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment(open) });
  await ready(page);
  await planHas(page, "");
  const before = await figure(page, "cost", 200);
  await page.getByText("Planner settings").click();
  await page.getByRole("button", { name: "skip scan (PostgreSQL 18)" }).click();
  await ready(page);
  await planHas(page, "Index Scan using orders_status_date");
  await page.waitForFunction((before) => Number(document.querySelector(".pw-figures__item strong").textContent.replace(/[^0-9.]/g, "")) < before / 2, before);
  const details = page.getByRole("article", { name: "Index orders_status_date" });
  await details.getByText("used", { exact: true }).click();
  await details.getByText("skipping over the values of status").waitFor();
  await picture("settings-skip-scan");
  await close();
});

test("a price is typed, a wrong one is refused with its reason, and nothing puts it back", async () => {
  const { page, close } = await openPage(browser, { path: experiment({ ...open, query: "SELECT id FROM orders WHERE id = 7" }) });
  await ready(page);
  await planHas(page, "Index Only Scan using orders_pkey");
  const before = await figure(page, "cost");
  await page.getByText("Planner settings").click();
  const price = page.getByRole("textbox", { name: "random_page_cost" });
  assert.equal(await price.inputValue(), "4");
  await price.fill("40");
  await price.press("Enter");
  await page.getByText("1 changed").waitFor();
  await page.waitForFunction((before) => Number(document.querySelector(".pw-figures__item strong").textContent.replace(/[^0-9.]/g, "")) > before * 2, before);
  await price.fill("cheap");
  await price.press("Enter");
  await page.getByText(/invalid value for parameter "random_page_cost": "cheap"/).first().waitFor();
  await page.waitForFunction(() => document.querySelector('[title="one page read out of sequence"] input').value === "40");
  await price.fill("");
  await price.press("Enter");
  await page.waitForFunction(() => document.querySelector('[title="one page read out of sequence"] input').value === "4");
  // What it was: the plan that was read first may be of the moment before VACUUM ended, so dear, never dearer.
  await page.waitForFunction((before) => Number(document.querySelector(".pw-figures__item strong").textContent.replace(/[^0-9.]/g, "")) <= before, before);
  await close();
});
