//! The sample people meet first: `orders` and `customers`, made by SQL on the worker.
//!
//! All values are integer arithmetic on a series, so that every engine that runs this text holds the same rows.
//! customer_id: uniform; order_date: ten years, no relation to the physical order; status: 90 % 'done', then 5, 3, 1, 1;
//! is_active: 90 % true; amount: 0 … 99,999 cents; email: unique. The rows are the same on a heap and in clustered tables.

/// Row counts that the page offers.
pub const ROW_CHOICES: [u32; 6] = [1_000, 10_000, 100_000, 500_000, 1_000_000, 5_000_000];

/// Rows of `orders` at first.
pub const DEFAULT_ROWS: u32 = 1_000_000;

/// The query that stands in the editor at first.
pub const DEFAULT_QUERY: &str = "SELECT o.id, o.order_date, o.amount, c.name\nFROM orders o JOIN customers c ON c.id = o.customer_id\nWHERE o.customer_id = 123 AND o.order_date > '2020-01-01'\nORDER BY o.order_date DESC LIMIT 20;\n";

/// Where the rows of the sample's tables lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Organization {
    /// In a heap, in the order of their arrival.
    #[default]
    Heap,
    /// In the leaves of the primary key's tree.
    Clustered,
}

impl Organization {
    /// All.
    pub const ALL: [Self; 2] = [Self::Heap, Self::Clustered];

    /// Its name, in a link too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Heap => "heap",
            Self::Clustered => "clustered",
        }
    }

    /// The organization of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|organization| organization.name() == name)
    }

    /// What CREATE TABLE says of it.
    const fn clause(self) -> &'static str {
        match self {
            Self::Heap => "",
            Self::Clustered => " WITH (organization = clustered)",
        }
    }
}

/// The SQL that makes the sample with `rows` orders and a tenth as many customers.
#[must_use]
pub fn script(rows: u32, organization: Organization) -> String {
    let clause = organization.clause();
    let rows = rows.max(10);
    let customers = rows / 10;
    format!(
        "DROP TABLE IF EXISTS orders;
DROP TABLE IF EXISTS customers;
CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, country text NOT NULL){clause};
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL, order_date date NOT NULL, status text NOT NULL, is_active boolean NOT NULL, amount integer NOT NULL, email text NOT NULL){clause};
INSERT INTO customers SELECT i, 'Customer ' || CAST(i AS text), substr('ATBEBGCHCYCZDEDKEEESFIFRGBGRHRHUIEISITLTLULVMTNLNOPLPTROSESISKUA', CAST(i * 7 % 30 AS integer) * 2 + 1, 2) FROM generate_series(1, {customers}) AS g(i);
INSERT INTO orders SELECT i, CAST(1 + a % {customers} AS integer), DATE '2016-01-01' + CAST(b % 3652 AS integer), CASE WHEN c % 100 < 90 THEN 'done' WHEN c % 100 < 95 THEN 'shipped' WHEN c % 100 < 98 THEN 'open' WHEN c % 100 < 99 THEN 'returned' ELSE 'cancelled' END, c / 128 % 10 <> 0, CAST(a / 1024 % 100000 AS integer), 'user' || CAST(i AS text) || '@example.com' FROM (SELECT i, x * (x % 65521 + 1) % 2147483629 AS a, y * (y % 64901 + 1) % 2147483587 AS b, z * (z % 63377 + 1) % 2147483563 AS c FROM (SELECT i, (CAST(i AS bigint) * 2654435761 + 12345) % 4294967291 AS x, (CAST(i AS bigint) * 2246822519 + 777767) % 4294967291 AS y, (CAST(i AS bigint) * 3266489917 + 424243) % 4294967291 AS z FROM generate_series(1, {rows}) AS g(i)) AS s) AS t;
VACUUM ANALYZE;
"
    )
}

/// A row count that was asked for, forced into what the page can hold.
#[must_use]
pub fn clamp_rows(rows: u32) -> u32 {
    rows.clamp(ROW_CHOICES[0], ROW_CHOICES[ROW_CHOICES.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_parses_and_names_the_row_counts() {
        let script = script(1_000_000, Organization::Heap);
        assert!(
            script.contains("generate_series(1, 1000000)")
                && script.contains("generate_series(1, 100000)")
        );
        assert!(!script.contains("WITH ("));
    }

    #[test]
    fn the_clustered_sample_differs_in_the_organization_alone() {
        let clustered = script(1_000, Organization::Clustered);
        let clause = Organization::Clustered.clause();
        assert_eq!(clustered.matches(clause).count(), 2);
        assert_eq!(
            clustered.replace(clause, ""),
            script(1_000, Organization::Heap)
        );
    }
}
