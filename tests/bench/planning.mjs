// Planning time of the package in wasm, under Node.js: `cargo xtask npm`, then `node tests/bench/planning.mjs [FOLDER]`.
//
// A statement is parsed, bound and planned by `prepare`; each text is another one, so that nothing can be remembered. What is
// told is the median of seven rounds. It is no test: figures move with the machine.
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

const folder = resolve(process.argv[2] ?? "target/npm");
const { Database } = await import(pathToFileURL(`${folder}/pagewalk.js`));

const SCHEMA = `
CREATE TABLE customers (id integer PRIMARY KEY, name text, country text);
INSERT INTO customers SELECT g, 'name ' || g, 'country ' || g % 30 FROM generate_series(1, 2000) AS s(g);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, order_date date, status text, amount integer);
INSERT INTO orders SELECT g, (g * 7919) % 2000 + 1, date '2020-01-01' + (g * 31) % 3650, 'status ' || g % 5, (g * 37) % 100000
  FROM generate_series(1, 20000) AS s(g);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_date ON orders (order_date);
CREATE INDEX orders_status_date ON orders (status, order_date);
CREATE TABLE items (id integer PRIMARY KEY, order_id integer, product_id integer, quantity integer);
INSERT INTO items SELECT g, g % 20000 + 1, g % 500 + 1, g % 7 FROM generate_series(1, 40000) AS s(g);
CREATE INDEX items_order ON items (order_id);
CREATE TABLE products (id integer PRIMARY KEY, name text, category_id integer);
INSERT INTO products SELECT g, 'product ' || g, g % 20 + 1 FROM generate_series(1, 500) AS s(g);
CREATE TABLE categories (id integer PRIMARY KEY, name text);
INSERT INTO categories SELECT g, 'category ' || g FROM generate_series(1, 20) AS s(g);
ANALYZE;
`;

const chain = (tables) => (k) => {
  const joins = Array.from({ length: tables - 1 }, (_, at) => ` JOIN orders o${at + 1} ON o${at + 1}.customer_id = ${at === 0 ? "c" : `o${at}`}.id`);
  return `SELECT count(*) FROM customers c${joins.join("")} WHERE c.country = 'country ${k}'`;
};
const clique = (tables) => (k) => {
  const joins = Array.from({ length: tables - 1 }, (_, at) => ` JOIN orders o${at + 1} ON o${at + 1}.id = o0.id`);
  return `SELECT count(*) FROM orders o0${joins.join("")} WHERE o0.amount > ${k}`;
};

const QUERIES = [
  ["one table by its key", 2000, (k) => `SELECT amount, status FROM orders WHERE id = ${k}`],
  ["two tables", 2000, (k) => `SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.amount > ${90000 + k} AND c.country = 'country 7'`],
  [
    "five tables",
    200,
    (k) => `SELECT c.name, p.name, g.name, sum(i.quantity) FROM customers c JOIN orders o ON o.customer_id = c.id JOIN items i ON i.order_id = o.id
      JOIN products p ON p.id = i.product_id JOIN categories g ON g.id = p.category_id
      WHERE c.country = 'country ${k % 30}' AND o.order_date > date '2024-01-01' GROUP BY c.name, p.name, g.name ORDER BY 4 DESC LIMIT 10`,
  ],
  ["eight tables, a chain", 20, chain(8)],
  ["eleven tables, a chain", 3, chain(11)],
  ["twelve tables, a chain", 5, chain(12)],
  ["twenty tables, a chain", 3, chain(20)],
  ["eight tables, each with each", 5, clique(8)],
  ["eleven tables, each with each", 1, clique(11)],
  ["twelve tables, each with each", 5, clique(12)],
];

const db = await Database.open();
db.exec(SCHEMA);
for (const [title, count, text] of QUERIES) {
  const rounds = Array.from({ length: 7 }, (_, round) => {
    const texts = Array.from({ length: count }, (_, at) => text(round * count + at));
    const began = performance.now();
    for (const sql of texts) db.prepare(sql).close();
    return ((performance.now() - began) * 1000) / count;
  });
  rounds.sort((a, b) => a - b);
  console.log(`${title.padEnd(32)} ${rounds[3].toFixed(1).padStart(12)} µs`);
}
