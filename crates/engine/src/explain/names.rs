//! Names of relations in one plan: unique, and quoted where SQL needs it.
//!
//! Source: PostgreSQL 15 `ruleutils.c`, `set_rtable_names`, `quote_identifier`.

use super::flat_order::Places;
use crate::collections::SortedSet;
use crate::{
    logical::{ColumnRef, RangeTableEntry, RelId, SubPlanId},
    physical::{PhysicalPlan, PlanKind},
};
use alloc::{borrow::Cow, format, string::String, vec, vec::Vec};

/// Words that must be quoted as names: PostgreSQL's reserved ones, and those that are types or functions only.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// A name as SQL would read it back: quoted unless it is a plain lower-case word that is not reserved.
/// ```
/// use engine::explain::quote_identifier;
/// assert_eq!(quote_identifier("orders"), "orders");
/// assert_eq!(quote_identifier("Order"), "\"Order\"");
/// ```
#[must_use]
pub fn quote_identifier(name: &str) -> Cow<'_, str> {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && RESERVED.binary_search(&name).is_err() {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
    }
}

/// The names that one plan's relations are printed by.
pub(super) struct Names<'p> {
    range_table: &'p [RangeTableEntry],
    aliases: Vec<String>,
    /// Columns carry their relation's name: the statement speaks of several relations, or the listing is verbose.
    prefix: bool,
    verbose: bool,
    /// Sub-plans that read a relation which another plan reads too, and calls it by another name there.
    again: Vec<(SubPlanId, Names<'p>)>,
}

impl<'p> Names<'p> {
    pub(super) fn new(plan: &'p PhysicalPlan, verbose: bool) -> Self {
        let range_table = plan.range_table.as_slice();
        let mut taken: SortedSet<String> = SortedSet::new();
        let mut aliases = vec![String::new(); range_table.len()];
        // The main plan's relations choose first, then each sub-plan's, as in PostgreSQL's flattened range table.
        let mut prefix = range_table.len() > 1;
        let places = Places::of(plan);
        let mut renamed: Vec<(SubPlanId, Vec<(usize, String)>)> = Vec::new();
        let plans = core::iter::once(&plan.root).chain(plan.subplans.iter().map(|sub| &sub.plan));
        for (number, plan) in plans.enumerate() {
            let mut others = Vec::new();
            for rel in places.relations(plan) {
                let at = rel.0 as usize;
                let (Some(entry), Some(alias)) = (range_table.get(at), aliases.get_mut(at)) else {
                    continue;
                };
                let mut name = String::from(&*entry.alias);
                let mut number = 0;
                while taken.contains(&name) {
                    number += 1;
                    name = format!("{}_{number}", entry.alias);
                }
                taken.insert(name.clone());
                if alias.is_empty() {
                    *alias = name;
                } else {
                    others.push((at, name));
                }
            }
            if let (false, Some(number)) = (others.is_empty(), number.checked_sub(1)) {
                let number = u32::try_from(number).expect("fewer sub-plans than bytes of text");
                prefix = true;
                renamed.push((SubPlanId(number), others));
            }
        }
        let again = renamed
            .into_iter()
            .map(|(plan, others)| {
                let mut aliases = aliases.clone();
                for (at, name) in others {
                    if let Some(alias) = aliases.get_mut(at) {
                        *alias = name;
                    }
                }
                let names = Self {
                    range_table,
                    aliases,
                    prefix,
                    verbose,
                    again: Vec::new(),
                };
                (plan, names)
            })
            .collect();
        Self {
            range_table,
            aliases,
            prefix,
            verbose,
            again,
        }
    }

    /// The names of a range table without a plan; a relation that is alone goes without saying.
    pub(super) const fn of_range_table(range_table: &'p [RangeTableEntry]) -> Self {
        Self {
            range_table,
            aliases: Vec::new(),
            prefix: range_table.len() > 1,
            verbose: false,
            again: Vec::new(),
        }
    }

    /// The names inside a sub-plan.
    pub(super) fn within(&self, plan: SubPlanId) -> &Self {
        let own = self.again.iter().find(|(id, _)| *id == plan);
        own.map_or(self, |(_, names)| names)
    }

    pub(super) fn entry(&self, rel: RelId) -> Option<&'p RangeTableEntry> {
        self.range_table.get(rel.0 as usize)
    }

    /// The alias, unique in the plan.
    pub(super) fn alias(&self, rel: RelId) -> &str {
        match self.aliases.get(rel.0 as usize) {
            Some(alias) if !alias.is_empty() => alias,
            _ => self.entry(rel).map_or("?", |entry| &*entry.alias),
        }
    }

    /// Writes a column, with its relation's name where needed; `own`: the relation that the node scans, whose name goes
    /// without saying.
    pub(super) fn write_column(&self, column: ColumnRef, own: Option<RelId>, out: &mut String) {
        let named = self.verbose || (self.prefix && own != Some(column.rel));
        self.write(column, named, out);
    }

    /// Writes a column in a list of outputs.
    pub(super) fn write_listed(&self, column: ColumnRef, out: &mut String) {
        self.write(column, self.prefix, out);
    }

    fn write(&self, column: ColumnRef, named: bool, out: &mut String) {
        if named {
            out.push_str(&quote_identifier(self.alias(column.rel)));
            out.push('.');
        }
        if column.column == ColumnRef::ROW_ID {
            out.push_str("ctid");
            return;
        }
        let name = self
            .entry(column.rel)
            .and_then(|entry| entry.column_names.get(usize::from(column.column)));
        match name {
            Some(name) => out.push_str(&quote_identifier(name)),
            None => out.push_str(&format!("column{}", u32::from(column.column) + 1)),
        }
    }
}

/// The relation that a node is about.
pub(super) const fn relation_of(kind: &PlanKind) -> Option<RelId> {
    match kind {
        PlanKind::SeqScan { rel, .. }
        | PlanKind::IndexScan { rel, .. }
        | PlanKind::IndexOnlyScan { rel, .. }
        | PlanKind::BitmapHeapScan { rel, .. }
        | PlanKind::SubqueryScan { rel }
        | PlanKind::FunctionScan { rel }
        | PlanKind::ValuesScan { rel }
        | PlanKind::CteScan { rel, .. }
        | PlanKind::WorkTableScan { rel, .. }
        | PlanKind::SystemScan { rel, .. }
        | PlanKind::Insert { rel, .. }
        | PlanKind::Update { rel, .. }
        | PlanKind::Delete { rel, .. } => Some(*rel),
        _ => None,
    }
}

/// The relation whose columns a scan's conditions speak of without prefix; a sub-query's and a changed table's have one.
pub(super) const fn scanned_relation(kind: &PlanKind) -> Option<RelId> {
    match kind {
        PlanKind::BitmapIndexScan { rel, .. } => Some(*rel),
        PlanKind::SubqueryScan { .. }
        | PlanKind::Insert { .. }
        | PlanKind::Update { .. }
        | PlanKind::Delete { .. } => None,
        other => relation_of(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_in_order_for_the_search() {
        assert!(RESERVED.is_sorted());
    }
}
