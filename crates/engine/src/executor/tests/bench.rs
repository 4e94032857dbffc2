//! The smallest thing that runs SQL: what the tests of operators stand on, so that they need no database around them.

use crate::{
    Error,
    catalog::{Catalog, IndexState, define::Work, define::define},
    database::{Storage, Wanted, storage_error},
    executor::{Budget, Execution, NodeMetrics, Outcome},
    logical::{BindOptions, bind, rewrite},
    physical::{PhysicalPlan, PlannerInput, PlannerSettings, plan},
    stats::{NoEndpoints, RelationSize, Statistics, StatsKey, analyze_column},
    value::{Batch, Value, to_text},
};
use alloc::{format, rc::Rc, string::String, vec::Vec};
use pages::{BlockNumber, StoreOptions};
use parser::{ast::StatementKind, parse_script};

/// Catalog, storage, statistics, settings.
pub struct Bench {
    pub catalog: Catalog,
    pub storage: Storage,
    pub statistics: Statistics,
    pub settings: PlannerSettings,
    /// Units for each step.
    pub units: u64,
    /// Steps of the last statement.
    pub steps: usize,
    pub metrics: Vec<NodeMetrics>,
    /// Bytes for a sort or hash table.
    pub work_mem: u64,
    pub plan: Option<PhysicalPlan>,
}

impl Bench {
    pub fn new() -> Self {
        Self {
            catalog: Catalog::default(),
            storage: Storage::new(StoreOptions::default()),
            statistics: Statistics::default(),
            settings: PlannerSettings::default(),
            units: u64::MAX,
            steps: 0,
            metrics: Vec::new(),
            work_mem: 4 << 20,
            plan: None,
        }
    }

    /// Runs a script; the rows of its last statement as text, columns joined by `|`.
    pub fn run(&mut self, sql: &str) -> Result<Vec<String>, Error> {
        let mut rows = Vec::new();
        for parsed in parse_script(sql).statements {
            let statement = parsed
                .statement
                .map_err(|error| Error::new(crate::ErrorCode::SyntaxError, format!("{error}")))?;
            rows = match &statement.kind {
                StatementKind::Query(_)
                | StatementKind::Insert(_)
                | StatementKind::Update(_)
                | StatementKind::Delete(_) => {
                    let bound = bind(&statement, &self.catalog, &BindOptions::default())?;
                    let bound = rewrite(bound);
                    self.sizes();
                    let input = PlannerInput::new(
                        &self.catalog,
                        &self.statistics,
                        &self.settings,
                        &NoEndpoints,
                    );
                    let plan = plan(&bound, &input)?;
                    self.execute(plan)?
                }
                StatementKind::Analyze(_) => {
                    self.analyze()?;
                    Vec::new()
                }
                _ => {
                    let change = define(&statement, sql, &self.catalog)?;
                    self.catalog.apply(&change);
                    for work in &change.work {
                        self.work(work)?;
                    }
                    Vec::new()
                }
            };
        }
        Ok(rows)
    }

    fn work(&mut self, work: &Work) -> Result<(), Error> {
        match work {
            Work::CreateTable(id) => {
                let def = Rc::clone(self.catalog.tables.get(id).unwrap());
                self.storage.create_table(def, None)?;
            }
            Work::BuildIndex(id) => {
                let def = Rc::clone(self.catalog.indexes.get(id).unwrap());
                if def.state == IndexState::Hypothetical {
                    return Ok(());
                }
                let table = def.table;
                self.storage.create_index(def)?;
                let index = self.storage.index(*id)?.clone();
                let table = self.storage.table(table)?.clone();
                for block in 0..table.heap.pages(&self.storage.store) {
                    let (batch, ids) = self.page(&table, block)?;
                    let entries = index.entries(&batch)?;
                    for (at, &row) in entries.rows.iter().enumerate() {
                        let id = ids[row as usize];
                        index.insert(&mut self.storage.store, &table, &entries, at, id)?;
                    }
                }
            }
            Work::DropTable(id) => self.storage.drop_table(*id)?,
            Work::DropIndex(id) => self.storage.drop_index(*id)?,
            _ => {}
        }
        Ok(())
    }

    fn page(
        &self,
        table: &crate::database::Table,
        block: u32,
    ) -> Result<(Batch, Vec<pages::RowId>), Error> {
        let mut wanted: Vec<Wanted> = (0..table.types.len() as u16).map(Wanted::Column).collect();
        wanted.push(Wanted::RowId);
        let mut made = table.empty_columns(&wanted);
        let mut visible = Vec::new();
        let block = BlockNumber(block);
        let page = table
            .heap
            .page(&self.storage.store, block)
            .map_err(storage_error)?;
        let rows = table.read_page(&page, block, &wanted, &mut made, 0, &mut visible)?;
        let batch = super::super::columns::dense(Batch {
            columns: made.into_iter().map(Rc::new).collect(),
            rows,
            selection: Some(visible),
        })?;
        let ids = (0..batch.rows)
            .map(|row| match batch.columns.last().unwrap().get(row) {
                Value::Int8(id) => pages::RowId::from_u64(id as u64),
                _ => pages::RowId::default(),
            })
            .collect();
        Ok((batch, ids))
    }

    fn sizes(&mut self) {
        for &id in self.catalog.tables.keys() {
            let table = self.storage.table(id).unwrap();
            let pages = table.heap.pages(&self.storage.store);
            self.statistics.tables.or_insert(
                id,
                RelationSize {
                    analyzed_pages: 0,
                    analyzed_rows: -1.0,
                    all_visible_pages: 0,
                    pages,
                    tree_height: 0,
                },
            );
        }
        for &id in self.catalog.indexes.keys() {
            let Ok(index) = self.storage.index(id) else {
                continue;
            };
            let counts = index.tree.counts(&self.storage.store);
            self.statistics.indexes.insert(
                id,
                RelationSize {
                    analyzed_pages: counts.pages,
                    analyzed_rows: counts.entries as f64,
                    all_visible_pages: 0,
                    pages: counts.pages,
                    tree_height: counts.height,
                },
            );
        }
    }

    fn analyze(&mut self) -> Result<(), Error> {
        let ids: Vec<_> = self.catalog.tables.keys().copied().collect();
        for id in ids {
            let table = self.storage.table(id)?.clone();
            let pages = table.heap.pages(&self.storage.store);
            let mut all = super::super::columns::RowStore::default();
            for block in 0..pages {
                all.append(&self.page(&table, block)?.0)?;
            }
            for (at, &data_type) in table.types.iter().enumerate() {
                if let Some(column) = all.columns.get(at)
                    && let Some(stats) = analyze_column(column, data_type, 100)
                {
                    let key = StatsKey::Column(id, at as u16);
                    self.statistics.columns.insert(key, Rc::new(stats));
                }
            }
            self.statistics.tables.insert(
                id,
                RelationSize {
                    analyzed_pages: pages,
                    analyzed_rows: all.rows as f64,
                    all_visible_pages: 0,
                    pages,
                    tree_height: 0,
                },
            );
        }
        Ok(())
    }

    fn execute(&mut self, plan: PhysicalPlan) -> Result<Vec<String>, Error> {
        let savepoint = self.storage.savepoint();
        let result = self.steps(&plan);
        if result.is_err() {
            self.storage.roll_back(&savepoint);
        }
        self.storage.release(savepoint);
        self.plan = Some(plan);
        result
    }

    fn steps(&mut self, plan: &PhysicalPlan) -> Result<Vec<String>, Error> {
        let types: Vec<_> = plan.columns.iter().map(|c| c.expr.data_type).collect();
        let mut execution = Execution::new(plan, &self.storage, &[], 1 << 30, self.work_mem)?;
        let mut rows = Vec::new();
        self.steps = 0;
        loop {
            self.steps += 1;
            let mut budget = Budget::new(self.units);
            match execution.step(&mut self.storage, &mut budget, None)? {
                Outcome::Done => break,
                Outcome::Pause => {}
                Outcome::Batch(batch) => {
                    assert!(batch.rows > 0, "a batch has rows");
                    for row in 0..batch.rows {
                        let mut text = String::new();
                        for (at, column) in batch.columns.iter().enumerate() {
                            if at > 0 {
                                text.push('|');
                            }
                            match column.get(row) {
                                Value::Null => text.push_str("NULL"),
                                value => text.push_str(&to_text(&value, types[at])),
                            }
                        }
                        rows.push(text);
                    }
                }
            }
        }
        self.metrics = execution.metrics().to_vec();
        if plan.columns.is_empty() {
            rows.push(format!("{}", execution.affected()));
        }
        Ok(rows)
    }
}

/// Runs a script on an empty bench and compares the last statement's rows.
pub fn check(sql: &str, expected: &[&str]) {
    let mut bench = Bench::new();
    match bench.run(sql) {
        Ok(rows) => assert_eq!(rows, expected, "{sql}"),
        Err(error) => panic!("{error}: {sql}"),
    }
}
