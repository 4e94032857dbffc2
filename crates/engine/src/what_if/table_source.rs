//! One table's statistics for the selectivity formulas, without a query around them: what a partial index would hold.

use crate::{
    catalog::{IndexId, TableId},
    logical::{Expr, ExprKind, RelId},
    physical::selectivity::{
        Scope, Variable, VariableSource, clauselist_selectivity, strip_relabel,
    },
    stats::{IndexEndpoints, NoEndpoints, Statistics, StatsKey},
};

/// See the file's header. Columns know the table as `RelId(0)`.
pub(super) struct TableSource<'a> {
    pub statistics: &'a Statistics,
    pub table: TableId,
    pub rows: f64,
}

impl VariableSource for TableSource<'_> {
    fn examine(&self, expr: &Expr) -> Variable {
        let mut variable = Variable {
            data_type: Some(expr.data_type),
            rel: Some(RelId(0)),
            tuples: self.rows,
            rows: self.rows,
            ..Variable::default()
        };
        if let ExprKind::Column(column) = &strip_relabel(expr).kind {
            let key = StatsKey::Column(self.table, column.column);
            variable.stats = self.statistics.columns.get(&key).cloned();
        }
        variable
    }

    fn is_local(&self, rel: RelId) -> bool {
        rel == RelId(0)
    }

    fn index_ends(&self) -> &dyn IndexEndpoints {
        &NoEndpoints
    }
}

impl TableSource<'_> {
    /// Fraction of the table's rows that satisfy all conditions.
    pub(super) fn fraction(&self, conditions: &[Expr]) -> f64 {
        clauselist_selectivity(self, conditions, &Scope::Restriction(None))
    }

    /// Distinct values of a column, or of an expression by its columns or the statistics of index `id`; `None` = unknown.
    pub(super) fn distinct(&self, id: IndexId, part: u16, expr: Option<&Expr>) -> Option<f64> {
        let known = |key: &StatsKey| {
            let stored = f64::from(self.statistics.columns.get(key)?.n_distinct);
            match stored {
                stored if stored > 0.0 => Some(stored),
                stored if stored < 0.0 => Some(-stored * self.rows),
                _ => None,
            }
        };
        if let Some(found) = known(&StatsKey::Expression(id, part)) {
            return Some(found);
        }
        let mut product: Option<f64> = None;
        crate::logical::expr_walk(expr?, &mut |part| {
            if let ExprKind::Column(column) = &part.kind
                && let Some(found) = known(&StatsKey::Column(self.table, column.column))
            {
                product = Some(product.unwrap_or(1.0) * found);
            }
            true
        });
        product.map(|product| product.min(self.rows))
    }
}
