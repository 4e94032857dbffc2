// Costs over two selectivities, and over the orders of an index's columns.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, openPage } from "./harness.mjs";
import { experiment, planHas, ready, write } from "./pagewalk.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const INDEXES = ["CREATE INDEX orders_order_date_idx ON orders (order_date)", "CREATE INDEX orders_customer_id_idx ON orders (customer_id)"];
const JOIN = "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.order_date < date '2016-02-01' AND c.country = 'country 7'";
const SEARCH = "SELECT * FROM orders WHERE customer_id = 123 AND order_date > date '2025-06-01'";
const cell = (page) => page.getByRole("status", { name: "Cell" });

for (const [name, width, height, dark] of [["desktop-light", 1280, 800, false], ["desktop-dark", 1280, 800, true], ["phone-light", 390, 844, false], ["phone-dark", 390, 844, true]]) {
  test(`the plan map of a join has an area for each plan, and each cell tells plan and cost: ${name}`, async () => {
    const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, statements: INDEXES, query: JOIN, tab: "map" }), width, height, dark });
    await ready(page);
    const drawing = page.getByRole("img", { name: /^Which of \d+ plans wins/ });
    await drawing.waitFor();
    const plans = page.getByRole("list", { name: "Plans" }).getByRole("listitem");
    assert.ok((await plans.count()) > 1);
    assert.match(await plans.first().textContent(), /% of the map, cost/);
    assert.match(await cell(page).textContent(), /^This query: .*order_date finds .*country finds .*: plan [A-Z], cost/);
    await drawing.scrollIntoViewIfNeeded();
    const box = await drawing.boundingBox();
    await page.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.1);
    await cell(page).filter({ hasNotText: "This query" }).waitFor();
    const corner = await cell(page).textContent();
    await page.mouse.move(box.x + box.width * 0.2, box.y + box.height * 0.7, { steps: 5 });
    await cell(page).filter({ hasNotText: corner }).waitFor();
    await picture(`map-${name}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
    await close();
  });
}

test("arrow keys walk over the map, and its axes can be chosen", async () => {
  const { page, close } = await openPage(browser, { path: experiment({ rows: 100_000, statements: INDEXES, query: JOIN, tab: "curve" }) });
  await ready(page);
  await page.getByRole("tab", { name: "Cost curve" }).waitFor();
  await page.getByRole("button", { name: "Plan map" }).click();
  const drawing = page.getByRole("img", { name: /^Which of/ });
  await drawing.waitFor();
  await page.getByRole("group", { name: "Plan map: arrow keys go from cell to cell" }).focus();
  const told = async (key) => {
    await page.keyboard.press(key);
    return cell(page).textContent();
  };
  const [right, up] = [await told("ArrowRight"), await told("ArrowUp")];
  assert.notEqual(right, up);
  assert.equal(await told("ArrowDown"), right);
  // One column on both axes is a strip.
  await page.getByRole("combobox", { name: "Up" }).selectOption({ index: 0 });
  await page.getByRole("combobox", { name: "Up" }).waitFor({ state: "detached" });
  await page.getByRole("img", { name: /over the part of the rows that the conditions on \S+ find/ }).waitFor();
  await page.waitForFunction(() => location.hash.includes("tab=map"));
  await close();
});

test("a query without conditions has no map, and says so", async () => {
  const { page, close } = await openPage(browser, { path: experiment({ rows: 1_000, query: "SELECT count(*) FROM orders", tab: "map" }) });
  await ready(page);
  await page.getByText(/A query with conditions on columns has a plan map/).waitFor();
  await close();
});

for (const [name, width, height, dark] of [["desktop-light", 1280, 800, false], ["desktop-dark", 1280, 800, true], ["phone-light", 390, 844, false], ["phone-dark", 390, 844, true]]) {
  test(`all orders of the query's columns are compared, equality before range: ${name}`, async () => {
    const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, query: SEARCH, tab: "orders" }), width, height, dark });
    await ready(page);
    const table = page.getByRole("region", { name: "Column orders" }).getByRole("table");
    await table.waitFor();
    const heads = await table.getByRole("rowheader").allTextContents();
    assert.deepEqual(heads.slice(0, 2), ["as things are", "customer_id, order_datecheapest"]);
    assert.equal(heads.length, 5);
    await picture(`orders-${name}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
    await close();
  });
}

test("a query that is kept is compared with the next, and an order becomes a what-if", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, query: SEARCH, tab: "orders" }) });
  await ready(page);
  const table = page.getByRole("region", { name: "Column orders" }).getByRole("table");
  await table.waitFor();
  await page.getByRole("button", { name: "Keep" }).click();
  await write(page, "SELECT id FROM orders WHERE order_date = date '2016-02-01'");
  await table.getByRole("columnheader", { name: "Query 2" }).waitFor();
  await page.getByRole("group", { name: "Columns of the index" }).getByRole("button", { name: "amount", exact: true }).click();
  await table.getByRole("rowheader", { name: "order_date, customer_id, amount", exact: true }).waitFor();
  // 3 + 6 + 6 orders, and things as they are.
  assert.equal(await table.getByRole("rowheader").count(), 16);
  await picture("orders-two-queries");
  await table.getByRole("button", { name: "What if there were an index on orders (order_date, customer_id)", exact: true }).click();
  await page.getByRole("article", { name: /Index orders_order_date_customer_id/ }).waitFor();
  await ready(page);
  await page.getByRole("tab", { name: "Plan" }).click();
  await planHas(page, "");
  await page.getByRole("treeitem", { name: /orders_order_date_customer_id/ }).first().waitFor();
  await close();
});
