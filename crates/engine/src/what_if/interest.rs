//! What a statement wants of each of its tables: columns compared with values, joined, bounded, sorted by, and read at all.
//!
//! It reads the bound statement only; what is worth an index is [`candidates`](super::candidates)' business.

use crate::collections::SortedSet;
use crate::{
    catalog::TableId,
    logical::{
        BoundStatement, ColumnRef, CompareOp, Distinct, Expr, ExprKind, FromItem, InsertSource,
        Operator, Quantifier, Query, RelId, RelationKind, StatementKind, contains_volatile,
        expr_map, expr_walk, for_each_expr,
    },
};
use alloc::vec::Vec;

/// What is wanted of one table of a statement.
#[derive(Clone, Debug, Default)]
pub(super) struct Interest {
    pub table: Option<TableId>,
    /// Columns compared with values for equality, IN or IS NULL.
    pub equal: Vec<u16>,
    /// Columns equal to a column of another relation.
    pub joined: Vec<u16>,
    /// Columns with bounds.
    pub ranges: Vec<u16>,
    /// Orders that are wanted: column, descending.
    pub orders: Vec<Vec<(u16, bool)>>,
    /// All columns that are read.
    pub used: SortedSet<u16>,
    /// Conditions on this table alone and without parameters, over `RelId(0)`.
    pub fixed: Vec<Expr>,
    /// Expressions compared with values, over `RelId(0)`.
    pub expressions: Vec<Expr>,
}

/// For each entry of the range table. O(expressions).
pub(super) fn interests(statement: &BoundStatement) -> Vec<Interest> {
    let mut found: Vec<Interest> = statement
        .range_table
        .iter()
        .map(|entry| Interest {
            table: match &entry.kind {
                RelationKind::Table(table) => Some(*table),
                _ => None,
            },
            ..Interest::default()
        })
        .collect();
    let mut finder = Finder { found: &mut found };
    match &statement.kind {
        StatementKind::Select(query) => finder.query(query, 0),
        StatementKind::Insert(insert) => {
            let InsertSource::Query(query) = &insert.source;
            finder.query(query, 0);
        }
        StatementKind::Update(update) => finder.query(&update.query, 0),
        StatementKind::Delete(delete) => finder.query(&delete.query, 0),
    }
    for entry in &statement.range_table {
        if let RelationKind::Subquery(query) = &entry.kind {
            finder.query(query, 0);
        }
    }
    for cte in &statement.ctes {
        finder.query(&cte.query, 0);
    }
    found
}

/// Deeper nesting of sub-queries is left alone.
const MAX_DEPTH: u32 = 32;

struct Finder<'a> {
    found: &'a mut Vec<Interest>,
}

fn push<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

impl Finder<'_> {
    fn of(&mut self, rel: RelId) -> Option<&mut Interest> {
        self.found
            .get_mut(rel.0 as usize)
            .filter(|interest| interest.table.is_some())
    }

    fn query(&mut self, query: &Query, depth: u32) {
        if depth > MAX_DEPTH {
            return;
        }
        for condition in &query.filter {
            self.condition(condition);
        }
        for item in &query.from {
            self.joins(item);
        }
        self.orders(query);
        let mut below: Vec<&Query> = Vec::new();
        for_each_expr(query, &mut |expr| {
            expr_walk(expr, &mut |part| {
                match &part.kind {
                    ExprKind::Column(column) => {
                        if let Some(interest) = self.of(column.rel)
                            && column.column != ColumnRef::ROW_ID
                        {
                            interest.used.insert(column.column);
                        }
                    }
                    ExprKind::SubLink(link) => below.push(&link.query),
                    ExprKind::Aggregate(call) => {
                        // min(), max() and count(DISTINCT) read in order.
                        if let [arg] = call.args.as_slice()
                            && let ExprKind::Column(column) = arg.kind
                            && let Some(interest) = self.of(column.rel)
                        {
                            push(&mut interest.orders, Vec::from([(column.column, false)]));
                        }
                    }
                    _ => {}
                }
                true
            });
        });
        for query in below {
            self.query(query, depth + 1);
        }
    }

    fn joins(&mut self, item: &FromItem) {
        if let FromItem::Join {
            left, right, on, ..
        } = item
        {
            self.joins(left);
            self.joins(right);
            for condition in on {
                self.condition(condition);
            }
        }
    }

    /// Leading sort, group and distinct keys of one table.
    fn orders(&mut self, query: &Query) {
        let mut wanted: Vec<Vec<(usize, bool)>> = Vec::new();
        let sort = query.order_by.iter();
        wanted.push(sort.map(|key| (key.target, key.descending)).collect());
        wanted.push(query.group_by.iter().map(|&at| (at, false)).collect());
        match &query.distinct {
            Distinct::None => {}
            Distinct::All => {
                let shown = query.targets.iter().enumerate();
                let shown = shown.filter(|(_, target)| !target.hidden);
                wanted.push(shown.map(|(at, _)| (at, false)).collect());
            }
            Distinct::On(keys) => wanted.push(keys.iter().map(|&at| (at, false)).collect()),
        }
        for keys in wanted {
            let mut order: Vec<(u16, bool)> = Vec::new();
            let mut rel = None;
            for (target, descending) in keys {
                let expr = query.targets.get(target).map(|target| &target.expr);
                let Some(ExprKind::Column(column)) = expr.map(|expr| &expr.kind) else {
                    break;
                };
                if *rel.get_or_insert(column.rel) != column.rel {
                    break;
                }
                push(&mut order, (column.column, descending));
            }
            if let (Some(rel), false) = (rel, order.is_empty())
                && let Some(interest) = self.of(rel)
            {
                push(&mut interest.orders, order);
            }
        }
    }

    fn condition(&mut self, condition: &Expr) {
        match &condition.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                for part in parts {
                    self.condition(part);
                }
            }
            ExprKind::Compare(op, left, right) => {
                self.compared(*op, left, right);
                self.compared(op.commuted(), right, left);
            }
            ExprKind::RowCompare { op, left, right } => {
                for (left, right) in left.iter().zip(right) {
                    self.compared(*op, left, right);
                    self.compared(op.commuted(), right, left);
                }
            }
            ExprKind::InList {
                arg,
                op: CompareOp::Eq,
                quantifier: Quantifier::Any,
                ..
            } => self.compared(CompareOp::Eq, arg, &null()),
            ExprKind::IsNull {
                arg,
                negated: false,
            } => self.compared(CompareOp::Eq, arg, &null()),
            ExprKind::Operator(Operator::Like, args) => {
                if let [text, _] = args.as_slice() {
                    self.compared(CompareOp::Ge, text, &null());
                }
            }
            ExprKind::Column(_) => self.compared(CompareOp::Eq, condition, &null()),
            ExprKind::Not(inner) if matches!(inner.kind, ExprKind::Column(_)) => {
                self.compared(CompareOp::Eq, inner, &null());
            }
            _ => {}
        }
        self.fixed(condition);
    }

    fn compared(&mut self, op: CompareOp, side: &Expr, other: &Expr) {
        let mut rels: SortedSet<RelId> = SortedSet::new();
        let mut elsewhere = false;
        expr_walk(side, &mut |part| {
            match &part.kind {
                ExprKind::Column(column) => {
                    rels.insert(column.rel);
                }
                ExprKind::SubLink(_) | ExprKind::Param(_) | ExprKind::Aggregate(_) => {
                    elsewhere = true;
                }
                _ => {}
            }
            true
        });
        let mut it = rels.iter();
        let (Some(&rel), None) = (it.next(), it.next()) else {
            return;
        };
        let mut joins = false;
        expr_walk(other, &mut |part| {
            if let ExprKind::Column(column) = &part.kind {
                joins = true;
                elsewhere |= column.rel == rel;
            }
            true
        });
        if elsewhere || contains_volatile(other) || contains_volatile(side) {
            return;
        }
        let Some(interest) = self.of(rel) else {
            return;
        };
        match (&side.kind, op) {
            (_, CompareOp::Ne) => {}
            (ExprKind::Column(column), CompareOp::Eq) if joins => {
                push(&mut interest.joined, column.column);
            }
            (ExprKind::Column(column), CompareOp::Eq) => {
                push(&mut interest.equal, column.column);
            }
            (ExprKind::Column(column), _) => push(&mut interest.ranges, column.column),
            _ if !joins => push(&mut interest.expressions, over_table(side)),
            _ => {}
        }
    }

    /// Notes a condition that a partial index could have.
    fn fixed(&mut self, condition: &Expr) {
        let simple = match &condition.kind {
            ExprKind::Compare(CompareOp::Eq, left, right) => {
                matches!(left.kind, ExprKind::Column(_)) && matches!(right.kind, ExprKind::Const(_))
            }
            ExprKind::IsNull { arg, .. } => matches!(arg.kind, ExprKind::Column(_)),
            ExprKind::Column(_) => true,
            ExprKind::Not(inner) => matches!(inner.kind, ExprKind::Column(_)),
            _ => false,
        };
        let mut rel = None;
        expr_walk(condition, &mut |part| {
            if let ExprKind::Column(column) = &part.kind {
                rel = Some(column.rel);
            }
            true
        });
        if let (true, Some(rel)) = (simple, rel)
            && let Some(interest) = self.of(rel)
        {
            push(&mut interest.fixed, over_table(condition));
        }
    }
}

fn null() -> Expr {
    Expr::new(
        ExprKind::Const(crate::value::Value::Null),
        crate::value::DataType::Unknown,
        parser::Span::default(),
    )
}

/// Over the table's own row, as the catalog keeps expressions.
fn over_table(expr: &Expr) -> Expr {
    expr_map(expr.clone(), &mut |mut part| {
        if let ExprKind::Column(column) = &mut part.kind {
            column.rel = RelId(0);
        }
        part
    })
}
