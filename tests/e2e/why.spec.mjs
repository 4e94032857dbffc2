// Why a plan costs what it costs, and what would change it: cost lines, flip points, the cost curve.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, openPage } from "./harness.mjs";
import { experiment, planHas, ready } from "./pagewalk.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const QUERY = "SELECT id, amount FROM orders WHERE order_date < date '2016-03-01'";
const INDEX = "CREATE INDEX orders_order_date_idx ON orders (order_date)";
const number = (text) => Number(text.replace(/[^0-9.]/g, ""));

test("the lines of a node's cost add up to what EXPLAIN prints", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, statements: [INDEX], query: QUERY }) });
  await ready(page);
  await planHas(page, "");
  const lines = page.getByRole("region", { name: "Cost, line by line" });
  await lines.waitFor({ timeout: 10_000 });
  const values = await lines.locator(".pw-unfolded > .pw-unfolded__line > * .pw-unfolded__value").allTextContents();
  const sum = number(await lines.locator(".pw-unfolded__sum span").last().textContent());
  const added = values.map(number).reduce((one, other) => one + other, 0);
  assert.ok(values.length > 0 && Math.abs(added - sum) <= 0.01 * values.length + 0.01, `${added} is not ${sum}`);
  await lines.locator("summary").first().click();
  await picture("why-cost-lines");
  await close();
});

test("flip points name settings, sizes and values", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, statements: [INDEX], query: QUERY }) });
  await ready(page);
  const flips = page.getByRole("region", { name: "Flip points" });
  await flips.getByText("random_page_cost", { exact: true }).waitFor({ timeout: 10_000 });
  assert.match(await flips.textContent(), /(below|from) \S+/);
  await picture("why-flip-points");
  await close();
});

test("the cost curve has a line for each way, and a table of the same numbers", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, statements: [INDEX], query: QUERY }) });
  await ready(page);
  await page.getByRole("tab", { name: "Cost curve" }).click();
  const drawing = page.getByRole("img", { name: /Estimated cost of each way to read orders/ });
  await drawing.waitFor({ timeout: 10_000 });
  await picture("why-cost-curve");
  await page.getByText("The same as a table").click();
  const heads = await page.getByRole("region", { name: "Costs as a table" }).getByRole("columnheader").allTextContents();
  assert.ok(heads.includes("Seq Scan"), heads.join(", "));
  assert.ok(heads.some((head) => head.includes("orders_order_date_idx")), heads.join(", "));
  await close();
});
