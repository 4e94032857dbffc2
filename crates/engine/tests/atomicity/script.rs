//! Random scripts over a few tables: definitions, changes of rows that succeed and that fail, transactions and savepoints.

/// SplitMix64: small, and the same everywhere.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end.max(1)
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

/// A script that opens with two tables, `t` and `r`, and never drops `t`.
pub fn script(rng: &mut Rng, statements: usize) -> Vec<String> {
    let mut script = vec![
        "create table t (id int primary key, a int not null check (a >= 0), b text, c numeric(8,2), d int)"
            .to_string(),
        "insert into t select i, i % 17, 'b' || i % 7, i / 3.0, i from generate_series(1, 60) i".to_string(),
        "create table r (id int, a int, b text)".to_string(),
        "create index t_a on t (a)".to_string(),
    ];
    let mut transaction = false;
    let mut savepoints: Vec<String> = Vec::new();
    let mut fresh = 1000;
    for number in 0..statements {
        fresh += 100;
        if rng.below(6) == 0 {
            let sql = if !transaction {
                transaction = true;
                "begin".to_string()
            } else {
                match rng.below(6) {
                    0 | 1 => {
                        savepoints.push(format!("s{number}"));
                        format!("savepoint s{number}")
                    }
                    2 if !savepoints.is_empty() => {
                        let at = rng.below(savepoints.len() as u64) as usize;
                        savepoints.truncate(at + 1);
                        format!("rollback to {}", savepoints[at])
                    }
                    3 if !savepoints.is_empty() => {
                        let at = rng.below(savepoints.len() as u64) as usize;
                        let name = savepoints[at].clone();
                        savepoints.truncate(at);
                        format!("release {name}")
                    }
                    4 => {
                        transaction = false;
                        savepoints.clear();
                        "rollback".to_string()
                    }
                    _ => {
                        transaction = false;
                        savepoints.clear();
                        "commit".to_string()
                    }
                }
            };
            script.push(sql);
            continue;
        }
        script.extend(change(rng, fresh, number).split("; ").map(String::from));
    }
    if transaction {
        script.push("commit".to_string());
    }
    script
}

fn change(rng: &mut Rng, fresh: u64, number: usize) -> String {
    let n = 1 + rng.below(40);
    let k = 2 + rng.below(7);
    match rng.below(30) {
        0 => format!(
            "insert into t values ({fresh}, 1, 'one', 1.5, null), ({}, 2, null, null, 7)",
            fresh + 1
        ),
        1 => format!(
            "insert into t select i, i % 9, 'row ' || i, i, i from generate_series({fresh}, {}) i",
            fresh + n
        ),
        // The last row is there already.
        2 => format!(
            "insert into t select case when i = {n} then (select min(id) from t) else {fresh} + i end, i, 'x', 1, 1 from generate_series(0, {n}) i"
        ),
        3 => format!(
            "insert into t select {fresh} + i, {n} - i, 'check', 1, 1 from generate_series(0, {}) i",
            n + 1
        ),
        4 => {
            format!("insert into t select id + {fresh} * 100, a, b, c, d from t where id % {k} = 0")
        }
        5 => format!("update t set a = a + 1 where id % {k} = 0"),
        6 => format!("update t set d = coalesce(d, 0) + 1 where id % {k} = 1"),
        7 => format!("update t set b = b || repeat('long', {n}) where id % {k} = 0"),
        8 => "update t set id = id + 1".to_string(),
        9 => format!("update t set id = id + 1000000 where id % {k} = 0"),
        10 => format!("update t set a = a - 3 where id % {k} = 0"),
        11 => format!("delete from t where id % {k} = 0"),
        12 => format!(
            "delete from t where id in (select id from t order by id desc limit {n}) returning id, a"
        ),
        13 => {
            let on = rng.one(&[
                "(b)",
                "(a desc, b)",
                "(lower(b))",
                "(c nulls first)",
                "(d) where d > 5",
                "(a) include (d)",
            ]);
            format!("create index t_i{number} on t {on}")
        }
        14 => {
            let on = rng.one(&["(a)", "(id, a)", "(d)", "(b, id)"]);
            format!("create unique index t_u{number} on t {on}")
        }
        15 => "drop index if exists t_a".to_string(),
        16 => "create index if not exists t_a on t (a)".to_string(),
        17 => rng.one(&["analyze", "analyze t", "analyze r"]).to_string(),
        18 => rng
            .one(&["vacuum", "vacuum t", "vacuum full t", "vacuum analyze t"])
            .to_string(),
        19 => rng
            .one(&["truncate r", "truncate t", "truncate t, r"])
            .to_string(),
        20 => rng
            .one(&["reindex table t", "reindex index t_pkey"])
            .to_string(),
        21 => "insert into r select id, a, b from t where a < 8".to_string(),
        22 => format!("create table n{number} as select id, a, b from t where id % {k} <> 0"),
        23 => rng
            .one(&[
                "alter table r add column e int default 5",
                "alter table r drop column b",
                "alter table r alter column a type text",
                "alter table t add constraint big check (id < 100000)",
                "alter table r add primary key (id)",
                "alter table r rename column a to aa",
                "alter table r alter column id set not null",
            ])
            .to_string(),
        24 => "drop table r; create table r (id int unique, a int, b text)".to_string(),
        25 => format!(
            "insert into t select i, 1, 'again', 2, 3 from generate_series(1, {n}) i on conflict (id) do update set d = t.d + 1, a = t.a + excluded.a"
        ),
        26 => format!(
            "insert into t select i, 1, 'again', 2, 3 from generate_series(1, {n}) i on conflict do nothing"
        ),
        27 => format!("update t set a = 5, d = r.id from r where r.id = t.id and r.id % {k} = 0"),
        28 => format!("select a, count(*), max(b) from t where id > {n} group by a order by a"),
        _ => format!(
            "insert into t select i, 10 / ({n} - i), 'zero', 1, 1 from generate_series(1, {fresh}) i where i > {fresh} - {n} or i = {n}"
        ),
    }
}
