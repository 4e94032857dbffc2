// Why a plan is what it is, what it costs line by line, and what would change it: candidates that lost, verdicts, cost lines, flip
// points, the cost curve.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, openPage } from "./harness.mjs";
import { experiment, planHas, ready, run } from "./pagewalk.mjs";

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
  const values = await lines.locator(".pw-unfolded > li > .pw-unfolded__head .pw-unfolded__value, .pw-unfolded > li > details > .pw-unfolded__head .pw-unfolded__value").allTextContents();
  const sum = number(await lines.locator(".pw-unfolded__sum span").last().textContent());
  const added = values.map(number).reduce((one, other) => one + other, 0);
  assert.ok(values.length > 0 && Math.abs(added - sum) <= 0.01 * values.length + 0.01, `${added} is not ${sum}`);
  await lines.locator("summary").first().click();
  await picture("why-cost-lines");
  await close();
});

test("every candidate that lost has its cost and a reason, for a table and for a join", async () => {
  const join = "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.order_date < date '2016-02-01'";
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, statements: [INDEX], query: join }) });
  await ready(page);
  await planHas(page, "");
  const considered = page.getByRole("region", { name: "Also considered" });
  const reasons = async () => {
    await considered.waitFor();
    return considered.getByRole("listitem").allTextContents();
  };
  const tree = page.getByRole("tree", { name: "Plan" });
  // The plan from before the index has other nodes: one chosen there is another one afterwards.
  await tree.getByRole("treeitem", { name: /orders_order_date_idx/ }).first().waitFor();
  await tree.getByRole("treeitem", { name: /on orders o/ }).last().click();
  const ofTable = await reasons();
  assert.ok(ofTable.some((text) => /Seq Scan on o.*(cheaper|costs)/.test(text)), ofTable.join("\n"));
  await picture("why-considered-table");
  await tree.getByRole("treeitem", { name: /^(Hash Join|Nested Loop|Merge Join)/ }).first().click();
  const ofJoin = await reasons();
  assert.ok(ofJoin.length > 2 && ofJoin.every((text) => /cheaper|costs|kept/.test(text)), ofJoin.join("\n"));
  assert.ok(ofJoin.some((text) => text.startsWith("Merge Join") || text.startsWith("Nested Loop")), ofJoin.join("\n"));
  await picture("why-considered-join");
  await close();
});

test("a verdict that speaks of a part of the query shades it while it is pointed at, by mouse and by keyboard", async () => {
  const query = "SELECT id FROM orders WHERE order_date + 1 = date '2016-03-01' AND amount > 7";
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 10_000, statements: [INDEX], query }) });
  await ready(page);
  await planHas(page, "Seq Scan on orders");
  const verdicts = page.getByRole("region", { name: "Each index, and why" });
  const verdict = verdicts.getByRole("listitem").filter({ hasText: "orders_order_date_idx" });
  await verdict.getByText(/part of a calculation/).waitFor();
  // What is worked out later stands above the verdicts and would move them from under the pointer.
  await page.getByRole("region", { name: "Flip points" }).getByText(/below|from|No value/).first().waitFor();
  await page.getByRole("region", { name: "Cost, line by line" }).waitFor();
  const shaded = page.locator(".pw-mark");
  assert.equal(await shaded.count(), 0);
  await verdict.hover();
  const words = "order_date + 1 = date '2016-03-01'";
  await page.waitForFunction((words) => {
    const editor = document.querySelector(".pw-editor__host").shadowRoot;
    return [...editor.querySelectorAll(".pw-mark")].map((mark) => mark.textContent).join("") === words;
  }, words);
  await picture("why-verdict-shaded");
  await page.getByRole("heading", { name: "Selected node" }).hover();
  await shaded.first().waitFor({ state: "detached" });
  await verdict.focus();
  await shaded.first().waitFor();
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

test("what fits no line of a node's card stands below it, uncut", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, query: "SELECT id FROM orders WHERE amount > 1000 LIMIT 20" }) });
  await ready(page);
  await planHas(page, "Limit");
  await run(page);
  const scan = page.getByRole("treeitem", { name: /^Seq Scan on orders/ });
  await scan.getByText("stopped by Limit").waitFor();
  const cut = await scan.locator(".pw-plan-node__rows").evaluate((rows) => rows.scrollWidth > rows.clientWidth);
  assert.ok(!cut, "the rows are cut");
  const over = await scan.evaluate((card) => card.scrollHeight > card.clientHeight);
  assert.ok(!over, "the card is too low for its lines");
  await picture("why-stopped-by-limit");
  await close();
});
