// What people do on the page, as functions: the specs say what they did, not how it is clicked.

import assert from "node:assert/strict";

/** The status line. */
export const engine = (page) => page.getByRole("status", { name: "Engine" });

/** Waits until the engine has nothing to do; a load of a million rows is given its time. */
export const ready = (page, timeout = 120_000) => engine(page).filter({ hasText: /engine ready/i }).waitFor({ timeout });

/** A fragment that opens an experiment. */
export const experiment = ({ rows = 0, tables, statements = [], query = "", tab } = {}) => {
  const pairs = new URLSearchParams({ rows: String(rows) });
  if (tables) pairs.append("tables", tables);
  for (const statement of statements) pairs.append("do", statement);
  pairs.append("q", query);
  if (tab) pairs.append("tab", tab);
  return `#${pairs}`;
};

/** Replaces the editor's text, as a person would. */
export async function write(page, text) {
  const editor = page.getByRole("textbox", { name: "SQL" });
  await editor.click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(text);
}

/** Runs what stands in the editor and waits for its end. */
export async function run(page) {
  await page.getByRole("button", { name: "Run" }).click();
  await ready(page);
}

/** The plan's items, outermost first, by the names that assistive technology reads. */
export const planItems = (page) =>
  page
    .getByRole("tree", { name: "Plan" })
    .getByRole("treeitem")
    .evaluateAll((items) => items.map((item) => item.getAttribute("aria-label")));

/** Waits until the plan has an item whose name begins so. */
export const planHas = (page, name, timeout = 10_000) =>
  page
    .getByRole("tree", { name: "Plan" })
    .getByRole("treeitem", { name: new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`) })
    .first()
    .waitFor({ timeout });

/**
 * A figure of the line above the tabs, as a number: the first that is more than `above`, or what stands there after ten seconds. While
 * the sample loads there is a plan already, of as many rows as the table has by then.
 */
export async function figure(page, label, above = 0) {
  const item = page.locator(".pw-figures__item", { hasText: label });
  const end = Date.now() + 10_000;
  for (;;) {
    const text = await item.locator("strong").textContent({ timeout: 10_000 });
    const value = Number(text.replace(/[^0-9.]/g, ""));
    if (value > above || Date.now() > end) return value;
    await page.waitForTimeout(50);
  }
}

/** What stands behind such a figure: a unit, or a part of it. */
export const figureNote = (page, label) => page.locator(".pw-figures__item", { hasText: label }).locator(".pw-figures__unit").textContent({ timeout: 10_000 });

/** The cells of a table's body, row by row, as text. */
export const cells = (table) =>
  table.locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent.trim())));

/** All figures, as text; what two visits of a link must agree on. */
export const figures = (page) =>
  page.locator(".pw-figures__item").evaluateAll((items) =>
    items
      .map((item) => [item.querySelector("dt").textContent, item.querySelector("strong").textContent])
      .filter(([label]) => !label.startsWith("time")),
  );

/** The editor is there with its highlighting: the start is over. */
export async function started(page) {
  await page.locator(".cm-content").waitFor();
  await page.waitForFunction(() => document.querySelector(".pw-editor__host").shadowRoot.querySelector(".cm-line span"));
  await page.waitForTimeout(300);
}

/** A person never waited for the main thread: no task since `watchTasks` kept it for more than 50 ms. */
export async function assertNoLongTask(watched) {
  const tasks = await watched();
  const inWords = tasks.slice(0, 5).map(({ processor, passed }) => `${processor.toFixed(1)} (${passed.toFixed(1)} passed)`).join(", ");
  assert.ok(tasks[0].processor <= 50, `tasks of the main thread, in ms: ${inWords}`);
}
