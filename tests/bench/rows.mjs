// The rows that every engine holds, by integer arithmetic alone: the same in every dialect, and in JavaScript.
//
// A number times a constant, modulo a prime, spreads the series well enough that no column follows another.

const PRIME = 1000003;

const spread = (factor) => `(i * ${factor} % ${PRIME})`;

/** Columns of `orders` for the row `i` of a series. */
export function orderColumns(dialect, rows) {
  const customers = Math.max(1, rows / 10);
  return [
    "i",
    `1 + ${spread(15485)} % ${customers}`,
    dialect.date(`${spread(32452)} % 3650`),
    `CASE WHEN ${spread(49979)} % 100 < 90 THEN 'done' WHEN ${spread(49979)} % 100 < 95 THEN 'open' ` +
      `WHEN ${spread(49979)} % 100 < 98 THEN 'sent' WHEN ${spread(49979)} % 100 < 99 THEN 'lost' ELSE 'back' END`,
    `${spread(67867)} % 10 <> 0`,
    `${spread(86028)} % 100000`,
    `'user' || (i * 7368787 % ${rows}) || '@example.com'`,
  ];
}

export function email(id, rows) {
  return `user${(id * 7368787) % rows}@example.com`;
}

/** The parameters of one single insert. */
export function singleRow(i, dialect) {
  const day = (i * 7919) % 3650;
  return [i, (i * 15485) % 2000, dialect.dateValue(day), i % 10 === 0 ? "open" : "done", dialect.boolean(i % 10 !== 3), (i * 86028) % 100000, `user${(i * 7919) % 1000003}@example.com`];
}

/** A few thousand keys without order, the same for everybody. */
export function keys(count, rows) {
  return Array.from({ length: count }, (_, k) => 1 + ((k * 611953 + 12345) % rows));
}

export const CREATE_ORDERS = (name) =>
  `CREATE TABLE ${name} (id integer PRIMARY KEY, customer_id integer, order_date date, status text, is_active boolean, amount integer, email text)`;

export const insertOrders = (dialect, rows) => dialect.insertSeries("orders", rows, orderColumns(dialect, rows));

export const insertCustomers = (dialect, rows) =>
  dialect.insertSeries("customers", Math.max(1, rows / 10), ["i", "'customer ' || i", "'country ' || (i * 7919 % 30)"]);
