// Where rows lie, what a cache holds, what a change writes, which pages a run touches: each is clicked, and compared with the engine's own counters.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { openBrowser, openPage, watchTasks } from "./harness.mjs";
import { assertNoLongTask, cells, experiment, figure, figureNote, planHas, ready, run, started, write } from "./pagewalk.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const number = (text) => Number(text.replace(/[^0-9.]/g, ""));
const open = (page, tab) => page.getByRole("tab", { name: tab }).click();
const reads = async (page) => number(await figureNote(page, "pages, measured"));
const LOOKUP = "SELECT id, amount FROM orders WHERE customer_id = 123 ORDER BY id";
const INDEX = "CREATE INDEX orders_customer_id_idx ON orders (customer_id)";

/** The counters that EXPLAIN prints at the plan's root. */
async function explained(page) {
  await open(page, "Text");
  const text = await page.locator(".pw-text__body").textContent();
  const root = text.split("\n").find((line) => line.trim().startsWith("Buffers:"));
  const count = (name) => Number(root.match(new RegExp(`${name}=(\\d+)`))?.[1] ?? 0);
  return { hit: count("hit"), read: count("read"), dirtied: count("dirtied") };
}

/** The write ledger of EXPLAIN's JSON. */
async function explainedLedger(page) {
  await open(page, "Text");
  await page.getByRole("button", { name: "JSON" }).click();
  const [{ Plan: plan }] = JSON.parse(await page.locator(".pw-text__body").textContent());
  return plan["Write Ledger"];
}

/** Chooses, and waits until it is so. */
async function choose(page, name, option) {
  const select = page.getByRole("combobox", { name });
  await select.selectOption(option);
  await page.waitForFunction(
    ([label, value]) => {
      const found = document.querySelector(`select[aria-label="${label}"]`);
      return !found.disabled && found.value === value;
    },
    [name, option],
    { timeout: 60_000 },
  );
  await ready(page);
}

test("the sample lies in a heap or in clustered tables, and the same query finds the same rows", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 10_000, statements: [INDEX], query: LOOKUP }) });
  await ready(page);
  await started(page);
  const watched = await watchTasks(browser, page);
  const rows = async () => {
    await run(page);
    await open(page, "Results");
    return cells(page.getByRole("table", { name: "Results" }));
  };
  const onHeap = await rows();
  assert.ok(onHeap.length > 3, `${onHeap.length} rows`);
  const heapPages = await figure(page, "pages, measured");
  await choose(page, "Organization of the sample's tables", "clustered");
  await page.getByRole("region", { name: "Table orders" }).getByText("10,000 rows · clustered").waitFor();
  assert.deepEqual(await rows(), onHeap);
  // Through the second index each row is looked up in the table's own tree: several pages a row instead of one.
  const clusteredPages = await figure(page, "pages, measured");
  assert.ok(clusteredPages > heapPages, `${clusteredPages} pages clustered, ${heapPages} on a heap`);
  await open(page, "Pages");
  await page.getByRole("table", { name: "Pages touched" }).getByRole("rowheader", { name: "orders · clustered table" }).waitFor();
  await picture("storage-clustered");
  await page.waitForFunction(() => location.hash.includes("tables=clustered"));
  await assertNoLongTask(watched);
  await page.reload();
  await ready(page);
  await page.getByRole("region", { name: "Table orders" }).getByText("10,000 rows · clustered").waitFor();
  await close();
});

test("a smaller cache reads more, an empty one reads all, and another device takes another time at once", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, query: "SELECT count(*) FROM orders WHERE amount < 500" }) });
  await ready(page);
  await started(page);
  const watched = await watchTasks(browser, page);
  await planHas(page, "");
  await run(page);
  assert.equal(await reads(page), 0, "the load left everything in the pool");
  const all = await figure(page, "pages, measured");

  await choose(page, "Cache size", "128");
  await run(page);
  assert.equal(await reads(page), all, "a table larger than the cache is read anew each time");
  assert.deepEqual(await explained(page), { hit: 0, read: all, dirtied: 0 });
  await run(page);
  assert.equal(await reads(page), all);

  // No run between: the same reads on other devices.
  const nvme = await figure(page, "time on NVMe, modelled");
  await choose(page, "Device", "hdd");
  const disk = await figure(page, "time on hard disk, modelled");
  assert.ok(disk > nvme, `${disk} ms on a disk, ${nvme} ms on NVMe`);
  await open(page, "Pages");
  const devices = await cells(page.getByRole("table", { name: "Modelled time on each device" }));
  assert.deepEqual(devices.map(([name]) => name), ["memory", "NVMe", "SSD", "hard disk · set", "network"]);
  assert.equal(number(devices[3][2]), disk);
  await picture("storage-devices");

  await choose(page, "Cache size", "16384");
  await run(page);
  assert.equal(await reads(page), all, "a pool of a new size is empty");
  await run(page);
  assert.equal(await reads(page), 0, "then everything is in it");
  await page.getByRole("button", { name: "Empty" }).click();
  await page.getByRole("status", { name: "Engine" }).filter({ hasText: /ready/i }).waitFor();
  await ready(page);
  await run(page);
  assert.equal(await reads(page), all, "and after emptying it is not");
  await page.waitForFunction(() => decodeURIComponent(location.hash.replaceAll("+", " ")).includes("SET storage_device = hdd"));
  await assertNoLongTask(watched);
  await close();
});

test("the ledger tells what a change wrote, the table and each index apart, and why an update was not heap-only", async () => {
  const statements = [INDEX, "CREATE INDEX orders_amount_idx ON orders (amount)"];
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 10_000, statements, query: "SELECT 1", tab: "writes" }) });
  await ready(page);
  await started(page);
  const watched = await watchTasks(browser, page);
  await page.getByText("Run an INSERT, UPDATE, DELETE or VACUUM to see what it writes").waitFor();
  await picture("storage-writes-empty");
  const change = async (sql) => {
    await write(page, sql);
    await run(page);
    await open(page, "Writes");
    await page.locator(".pw-pages__sql").getByText(sql, { exact: true }).waitFor();
    return cells(page.getByRole("table", { name: "Write ledger" }));
  };
  const of = (rows, name) => {
    const [, ...figures] = rows.find(([head]) => head.startsWith(name));
    const [added, removed, dirtied, pages, splits, merges, bytes] = figures.slice(0, 7).map(number);
    return { added, removed, dirtied, pages, splits, merges, bytes };
  };

  // The last page has room for another version; no index has the column email.
  let rows = await change("UPDATE orders SET email = 'x' WHERE id = 10000");
  await page.getByText("HOT", { exact: true }).waitFor();
  assert.equal(of(rows, "orders_pkey").bytes, 0);
  assert.equal(of(rows, "orders_amount_idx").added, 0);
  await page.getByRole("row", { name: /orders_amount_idx.*left alone/ }).waitFor();

  rows = await change("UPDATE orders SET amount = amount + 1 WHERE id = 10000");
  await page.getByText("not HOT").waitFor();
  await page.getByText(/an indexed column changed/).waitFor();
  for (const index of ["orders_pkey", "orders_customer_id_idx", "orders_amount_idx"]) assert.equal(of(rows, index).added, 1, index);
  await picture("storage-writes-update");

  rows = await change("INSERT INTO orders SELECT i, i % 1000, DATE '2024-01-01', 'open', true, i * 7919 % 100000, 'e' FROM generate_series(10001, 13000) AS g(i)");
  const ledger = await explainedLedger(page);
  assert.equal(of(rows, "orders").added, 3000);
  assert.ok(of(rows, "orders_amount_idx").splits > 0, "entries in the middle of an index split its pages");
  for (const writes of ledger.Indexes) {
    const shown = of(rows, writes["Index Name"]);
    assert.deepEqual(
      shown,
      {
        added: writes["Entries Added"],
        removed: writes["Entries Removed"],
        dirtied: writes["Pages Dirtied"],
        pages: writes["Pages Added"],
        splits: writes.Splits,
        merges: writes.Merges,
        bytes: writes["Bytes Written"],
      },
      writes["Index Name"],
    );
  }
  await open(page, "Writes");
  await picture("storage-writes-insert");

  rows = await change("DELETE FROM orders WHERE id > 12500");
  await page.getByText(/stay until VACUUM/).waitFor();
  assert.equal(of(rows, "orders_pkey").removed, 0);
  rows = await change("VACUUM orders");
  await page.getByText(/collected the dead versions/).waitFor();
  assert.equal(of(rows, "orders_amount_idx").removed, 501, "500 deleted rows and the version before the update");
  rows = await change("DELETE FROM orders WHERE id > 99999999");
  await page.getByText("It changed no row").waitFor();

  // A clustered table frees at once, and has no versions.
  await choose(page, "Organization of the sample's tables", "clustered");
  rows = await change("DELETE FROM orders WHERE id > 5000");
  assert.equal(of(rows, "orders").removed, 7500);
  assert.ok(of(rows, "orders").merges > 0, "pages less than half full are merged");
  assert.equal(of(rows, "orders_amount_idx").removed, 7500);
  await picture("storage-writes-clustered");
  await assertNoLongTask(watched);
  await close();
});

test("the pages of a run are counted by kind, drawn in their order, and add up to the engine's counters", async () => {
  const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 100_000, statements: [INDEX], query: LOOKUP, tab: "pages" }) });
  await ready(page);
  await started(page);
  const watched = await watchTasks(browser, page);
  await page.getByText("Run the query to see the pages it touches").waitFor();
  await run(page);
  const touched = page.getByRole("table", { name: "Pages touched" });
  const sums = async () => {
    const rows = await cells(touched);
    return { hit: rows.reduce((sum, row) => sum + number(row[3]), 0), read: rows.reduce((sum, row) => sum + number(row[4]), 0) };
  };
  await touched.getByRole("rowheader", { name: "orders · heap" }).waitFor();
  const kinds = page.getByRole("list", { name: "Pages by kind" });
  for (const kind of ["heap", "leaf", "internal"]) await kinds.getByText(new RegExp(`^${kind} \\d+$`)).waitFor();
  const ofLookup = await sums();
  await page.getByRole("group", { name: "Order of the pages" }).getByRole("button", { name: "orders", exact: true }).click();
  await page.getByRole("img", { name: /^All 9\d\d pages of orders/ }).waitFor();
  // Step by step: from the root down, then to the heap.
  const steps = page.getByRole("slider", { name: "Pages touched so far" });
  await steps.fill("1");
  await page.getByText(/^1 of \d+: internal page \d+ of orders_customer_id_idx, found in the pool$/).waitFor();
  await steps.fill("3");
  await page.getByText(/^3 of \d+: heap page \d+ of orders, found in the pool$/).waitFor();
  await picture("storage-pages-lookup");
  const engine = await explained(page);
  assert.deepEqual(ofLookup, { hit: engine.hit, read: engine.read });

  // A full scan: every page of the table, and no other; no cache helps it.
  await write(page, "SELECT count(*) FROM orders WHERE amount < 500");
  await run(page);
  await open(page, "Pages");
  const pages = await figure(page, "pages, measured");
  await page.getByRole("heading", { name: new RegExp(`^${pages.toLocaleString("en")} pages: `) }).waitFor();
  assert.deepEqual(await sums(), { hit: pages, read: 0 });
  await page.getByRole("img", { name: /with every size, since no page comes back/ }).waitFor();
  await picture("storage-pages-scan");

  // Look-ups in another table's order: pages come back, so a larger cache reads less. What the curve says of the present size is
  // what a run in an empty pool of that size reads, give or take the difference between LRU and the pool's clock.
  await write(page, "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SELECT sum(c.id) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.amount < 3000");
  await choose(page, "Cache size", "32");
  await run(page);
  const small = await reads(page);
  const marked = page.getByRole("img", { name: /^Reads of this run by the size of the cache/ });
  await page.getByText(/^cache now: 32 pages, [\d,]+ reads$/).waitFor();
  const modelled = number((await marked.getByText(/^cache now/).textContent()).split(",").slice(1).join(""));
  assert.ok(Math.abs(modelled - small) <= 0.25 * small, `${small} measured, ${modelled} on the curve`);
  await picture("storage-miss-curve");
  await choose(page, "Cache size", "2048");
  await run(page);
  assert.ok((await reads(page)) < small, "a larger cache reads less");
  await assertNoLongTask(watched);
  await close();
});

test("half a million rows scanned with the field of pages open keep the page free", async () => {
  const { page, close } = await openPage(browser, { path: experiment({ rows: 500_000, query: "SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.amount < 500", tab: "pages" }) });
  await ready(page);
  await started(page);
  const watched = await watchTasks(browser, page);
  await run(page);
  await page.getByRole("table", { name: "Pages touched" }).getByRole("rowheader", { name: "orders · heap" }).waitFor();
  const orders = page.getByRole("group", { name: "Order of the pages" }).getByRole("button");
  assert.ok((await orders.count()) >= 3, "in order of touch, and two relations");
  for (const button of await orders.all()) await button.click();
  await choose(page, "Device", "network");
  await assertNoLongTask(watched);
  await close();
});

const require = createRequire(new URL("../../web/editor/package.json", import.meta.url));
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

for (const [name, width, height] of [["desktop", 1280, 800], ["phone", 390, 844]]) {
  for (const dark of [false, true]) {
    test(`${name}, ${dark ? "dark" : "light"}: pages and writes overflow nowhere and axe finds nothing`, async () => {
      const query = "UPDATE orders SET amount = amount + 1 WHERE customer_id BETWEEN 100 AND 140; SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.amount > 90000 ORDER BY o.amount DESC LIMIT 20";
      const { page, picture, close } = await openPage(browser, { path: experiment({ rows: 10_000, statements: [INDEX], query }), width, height, dark });
      await ready(page);
      for (const tab of ["Writes", "Pages"]) {
        await open(page, tab);
        const look = async (state) => {
          await picture(`storage-${tab.toLowerCase()}-${name}-${dark ? "dark" : "light"}${state}`);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
          // Evaluated through the debugger, so that the page's own policy stays as strict as it is.
          await page.evaluate(axe);
          const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] }));
          assert.deepEqual(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(" ")).join("; ")}`), []);
        };
        if (tab === "Writes") await look("-empty");
        await run(page);
        await page.getByRole("table", { name: tab === "Writes" ? "Write ledger" : "Pages touched" }).waitFor();
        await look("");
      }
      await close();
    });
  }
}
