// Indexes that are only thought of, and indexes that are looked away from: the plan follows without anything being built.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, openPage } from "./harness.mjs";
import { experiment, figure, planHas, ready, write } from "./pagewalk.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const QUERY = "SELECT id, amount FROM orders WHERE customer_id = 123";
const form = (page) => page.getByRole("form", { name: "New index" });
const card = (page, name) => page.getByRole("article", { name: `Index ${name}` });

test("the form tells what an index would do before it is built, and a what-if is planned with", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, query: QUERY }) });
  await ready(page);
  await planHas(page, "Seq Scan on orders");
  const before = await figure(page, "cost, estimated", 1_000);
  await page.getByRole("button", { name: "New index" }).click();
  await form(page).getByRole("button", { name: "amount", exact: true }).click();
  const effect = form(page).getByRole("status", { name: "Effect on the query" });
  await effect.getByText(/not used/).first().waitFor();
  await form(page).getByRole("button", { name: /^1\s*amount$/ }).click();
  await form(page).getByRole("button", { name: "customer_id", exact: true }).click();
  await effect.getByText(/cost .* → .* \(÷/).waitFor();
  await effect.getByText(/≈ .*B · \d levels?/).waitFor();
  await picture("indexes-effect");
  // It was only thought of.
  await planHas(page, "Seq Scan on orders");

  await form(page).getByRole("button", { name: "What if" }).click();
  await page.getByRole("treeitem", { name: /orders_customer_id_idx/ }).first().waitFor();
  await ready(page);
  const after = await figure(page, "cost, estimated");
  assert.ok(after < before / 5, `cost fell from ${before} to ${after}`);
  const states = card(page, "orders_customer_id_idx").getByRole("group", { name: "State of orders_customer_id_idx" });
  assert.equal(await states.getByRole("button", { name: "what-if" }).getAttribute("aria-pressed"), "true");
  await picture("indexes-what-if");
  await states.getByRole("button", { name: "real" }).click();
  await states.locator('button[aria-pressed="true"]', { hasText: "real" }).waitFor();
  await ready(page);
  await close();
});

test("an index that is hidden is not planned with, and its card says why", async () => {
  const statements = ["CREATE INDEX orders_customer_id_idx ON orders (customer_id)"];
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, statements, query: QUERY }) });
  await ready(page);
  await page.getByRole("treeitem", { name: /orders_customer_id_idx/ }).first().waitFor();
  const index = card(page, "orders_customer_id_idx");
  await index.getByText("used", { exact: true }).waitFor();
  await index.getByRole("button", { name: "hidden" }).click();
  await planHas(page, "Seq Scan on orders");
  await index.getByText("not used: hidden").waitFor();
  await picture("indexes-hidden");
  await ready(page);
  await index.getByRole("button", { name: "real" }).click();
  await page.getByRole("treeitem", { name: /orders_customer_id_idx/ }).first().waitFor();
  await ready(page);
  // A function around the column: the card says what is in the way.
  await write(page, "SELECT id, amount FROM orders WHERE customer_id + 0 = 123");
  await index.getByText("not used: condition does not fit").click();
  await index.getByText(/part of a calculation/).waitFor();
  await close();
});

test("candidates for the query are listed, and one click makes one a what-if", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, query: QUERY }) });
  await ready(page);
  await planHas(page, "Seq Scan on orders");
  await page.getByRole("button", { name: "Candidates" }).click();
  const candidates = page.getByRole("region", { name: "Candidates" });
  const first = candidates.getByRole("button", { name: "What if there were an index on orders (customer_id)" }).first();
  await first.waitFor();
  await picture("indexes-candidates");
  await first.click();
  await page.getByRole("treeitem", { name: /^(Index|Bitmap)/ }).first().waitFor();
  await ready(page);
  await close();
});

test("one switch makes an index real, hidden and a what-if, from each to each, and the plan follows at once", async () => {
  const statements = ["CREATE INDEX orders_customer_id_idx ON orders (customer_id)"];
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, statements, query: QUERY }) });
  await ready(page);
  const states = card(page, "orders_customer_id_idx").getByRole("group", { name: "State of orders_customer_id_idx" });
  const uses = () => page.getByRole("treeitem", { name: /orders_customer_id_idx/ }).first().waitFor();
  await uses();
  for (const to of ["hidden", "what-if", "hidden", "real", "what-if", "real"]) {
    await states.getByRole("button", { name: to, exact: true }).click();
    await states.locator('button[aria-pressed="true"]', { hasText: to }).waitFor();
    await ready(page);
    if (to === "hidden") await planHas(page, "Seq Scan on orders");
    else await uses();
    await picture(`indexes-switch-${to}`);
  }
  // What a what-if says is what the built index is then: the same plan at the same cost.
  const real = await figure(page, "cost, estimated");
  await states.getByRole("button", { name: "what-if", exact: true }).click();
  await states.locator('button[aria-pressed="true"]', { hasText: "what-if" }).waitFor();
  await ready(page);
  await uses();
  const hypothetical = await figure(page, "cost, estimated");
  assert.ok(Math.abs(real - hypothetical) <= 0.01 * real, `${real} built, ${hypothetical} as a what-if`);
  await close();
});
