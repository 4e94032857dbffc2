// What the page says when something is wrong, and what it draws in both themes and on a phone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { openBrowser, openPage } from "./harness.mjs";
import { experiment, planHas, ready, run, write } from "./pagewalk.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

test("an error has its code, its place is underlined, and the plan of the good text stays", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 1_000, query: "SELECT id FROM orders WHERE id = 1" }) });
  await ready(page);
  await planHas(page, "Index Only Scan using orders_pkey on orders");
  await write(page, "SELECT idd FROM orders WHERE id = 1");
  await page.locator(".cm-lintRange-error").first().waitFor();
  await run(page);
  const alert = page.getByRole("alert");
  await alert.getByText("42703").waitFor();
  await alert.getByText(/column "idd" does not exist/).waitFor();
  await planHas(page, "Index Only Scan using orders_pkey on orders");
  await picture("answer-error");
  await close();
});

test("a failed statement changes nothing", async () => {
  const { page, close } = await openPage(browser, { path: experiment({ rows: 1_000, query: "INSERT INTO customers SELECT i, 'x', 'y' FROM generate_series(90, 200) AS g(i)" }) });
  await ready(page);
  await run(page);
  await page.getByRole("alert").getByText("23505").waitFor();
  await write(page, "SELECT count(*) FROM customers");
  await run(page);
  await page.getByRole("tab", { name: "Results" }).click();
  await page.getByRole("table", { name: "Results" }).getByRole("cell", { name: "100", exact: true }).waitFor();
  await close();
});

test("an experiment of one's own is in the link", async () => {
  const { page, close } = await openPage(browser, { path: experiment({ query: "CREATE TABLE t (a integer, b text)" }) });
  await ready(page);
  await run(page);
  await write(page, "INSERT INTO t SELECT i, 'x' FROM generate_series(1, 500) AS g(i)");
  await run(page);
  await page.waitForFunction(() => decodeURIComponent(location.hash).includes("INSERT"));
  await page.reload();
  await ready(page);
  await write(page, "SELECT count(*) FROM t");
  await run(page);
  await page.getByRole("tab", { name: "Results" }).click();
  await page.getByRole("table", { name: "Results" }).getByRole("cell", { name: "500", exact: true }).waitFor();
  await close();
});

test("a worker that dies is said, started again, and has the session's tables and indexes", async () => {
  const { page, close } = await openPage(browser, {
    path: experiment({ rows: 1_000, statements: ["CREATE INDEX orders_amount_idx ON orders (amount)"], query: "SELECT id FROM orders WHERE amount = 7" }),
  });
  await ready(page);
  await page.getByRole("article", { name: "Index orders_amount_idx" }).waitFor();
  await page.workers()[0].evaluate(() => {
    setTimeout(() => {
      throw new Error("broken on purpose");
    });
  });
  await page.getByRole("alert").getByText(/is being started again/).waitFor();
  await ready(page);
  await planHas(page, "Index Scan using orders_amount_idx on orders");
  await run(page);
  await page.locator(".pw-figures__item", { hasText: "pages, measured" }).waitFor();
  await close(/broken on purpose/);
});

test("the frame shows query and plan, also under another folder's page", async () => {
  const { page, picture, close } = await openPage(browser, {
    path: `embed.html${experiment({ rows: 10_000, query: "SELECT * FROM orders WHERE id = 77" })}`,
    width: 720,
    height: 460,
  });
  await ready(page);
  await planHas(page, "Index Scan using orders_pkey on orders");
  await picture("embed");
  await close();
});

const require = createRequire(new URL("../../web/editor/package.json", import.meta.url));
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

for (const [name, width, height] of [["desktop", 1280, 800], ["phone", 390, 844]]) {
  for (const dark of [false, true]) {
    test(`${name}, ${dark ? "dark" : "light"}: nothing overflows and axe finds nothing`, async () => {
      const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 10_000, query: "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.amount > 90000 ORDER BY o.amount DESC LIMIT 20" }), width, height, dark });
      await ready(page);
      await run(page);
      await page.locator(".pw-figures__item", { hasText: "pages, measured" }).waitFor();
      await picture(`${name}-${dark ? "dark" : "light"}`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
      // Evaluated through the debugger, so that the page's own policy stays as strict as it is.
      await page.evaluate(axe);
      const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] }));
      assert.deepEqual(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(" ")).join("; ")}`), []);
      await close();
    });
  }
}
