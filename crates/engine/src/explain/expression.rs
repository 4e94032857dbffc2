//! Expressions as SQL text, with all parentheses, as EXPLAIN prints them: `((a > 5) AND (b = 'x'::text))`.
//!
//! An expression that a child already computed is printed in parentheses of its own, as PostgreSQL does when a node refers
//! to its input's output. Source: PostgreSQL 15 `ruleutils.c`, `get_rule_expr` without pretty-printing.

use super::{
    constant::{type_name, write_array, write_constant},
    names::Names,
};
use crate::{
    logical::{
        AggregateCall, AggregateFunction, BoolTest, CastContext, Expr, ExprKind, Function,
        Operator, Quantifier, RangeTableEntry, RelId, RelationKind, SubPlanId, WindowFunction,
    },
    physical::{PlanNode, SubPlan, SubPlanKind},
    value::{DataType, Value, function::function_name},
};
use alloc::{format, string::String, vec::Vec};

/// Deeper expressions are cut short; the binder allows none that deep.
const MAX_DEPTH: usize = 2_000;

/// Writes expressions of one node.
#[derive(Clone, Copy)]
pub(super) struct Writer<'p> {
    pub(super) names: &'p Names<'p>,
    pub(super) subplans: &'p [SubPlan],
    /// The relation that the node scans: its columns need no prefix.
    pub(super) own: Option<RelId>,
    /// The node's inputs: what they offer is not computed again.
    pub(super) inputs: &'p [PlanNode],
    /// In a list of outputs a column has its relation's name wherever the statement has several.
    pub(super) listing: bool,
}

/// An expression over a table's row (an index expression, a CHECK), which knows the table as `RelId(0)`, as text.
#[must_use]
pub fn expression_text(expr: &Expr, table: &crate::catalog::TableDef) -> String {
    let range_table = [RangeTableEntry {
        alias: table.name.clone(),
        alias_written: false,
        kind: RelationKind::Table(table.id),
        column_names: table.columns.iter().map(|c| c.name.clone()).collect(),
        column_types: table.columns.iter().map(|c| c.data_type).collect(),
        lateral: false,
        query: 0,
        span: parser::Span::default(),
    }];
    condition_text(expr, &range_table, None)
}

/// An expression over a statement's range table as text; columns of `own` go without their relation's name.
#[must_use]
pub fn condition_text(expr: &Expr, range_table: &[RangeTableEntry], own: Option<RelId>) -> String {
    let names = Names::of_range_table(range_table);
    let writer = Writer {
        names: &names,
        subplans: &[],
        own,
        inputs: &[],
        listing: false,
    };
    writer.text(expr)
}

impl<'p> Writer<'p> {
    /// The same for expressions that the node's inputs computed.
    pub(super) const fn without_inputs(self) -> Self {
        Self {
            inputs: &[],
            ..self
        }
    }

    pub(super) fn text(&self, expr: &Expr) -> String {
        let mut out = String::new();
        self.write(expr, false, 0, &mut out);
        out
    }

    /// The same in a list of outputs.
    pub(super) fn listed(&self, expr: &Expr) -> String {
        let listing = Self {
            listing: true,
            ..*self
        };
        listing.text(expr)
    }

    /// Conditions that must all hold, as one text.
    pub(super) fn conditions(&self, conditions: &[Expr]) -> String {
        let mut out = String::new();
        match conditions {
            [one] => self.write(one, false, 0, &mut out),
            several => self.write_joined(several, " AND ", 0, &mut out),
        }
        out
    }

    fn is_input(&self, expr: &Expr) -> bool {
        !matches!(expr.kind, ExprKind::Column(_) | ExprKind::Const(_))
            && self.inputs.iter().any(|input| input.output.contains(expr))
    }

    fn write_joined(&self, args: &[Expr], word: &str, depth: usize, out: &mut String) {
        out.push('(');
        for (position, arg) in args.iter().enumerate() {
            if position > 0 {
                out.push_str(word);
            }
            self.write(arg, false, depth + 1, out);
        }
        out.push(')');
    }

    fn write_list(&self, args: &[Expr], depth: usize, out: &mut String) {
        for (position, arg) in args.iter().enumerate() {
            if position > 0 {
                out.push_str(", ");
            }
            self.write(arg, true, depth + 1, out);
        }
    }

    fn write_call(&self, name: &str, args: &[Expr], depth: usize, out: &mut String) {
        out.push_str(name);
        out.push('(');
        self.write_list(args, depth, out);
        out.push(')');
    }

    fn write_binary(
        &self,
        left: &Expr,
        symbol: &str,
        right: &Expr,
        depth: usize,
        out: &mut String,
    ) {
        out.push('(');
        self.write_operand(left, depth, out);
        out.push(' ');
        out.push_str(symbol);
        out.push(' ');
        self.write_operand(right, depth, out);
        out.push(')');
    }

    /// Writes an operand of an operator or a function: they take text, so that varchar is said to be read as text.
    fn write_operand(&self, expr: &Expr, depth: usize, out: &mut String) {
        let relabelled = matches!(expr.data_type, DataType::Varchar(_))
            && !matches!(expr.kind, ExprKind::Const(_));
        if relabelled {
            out.push('(');
        }
        self.write(expr, !relabelled, depth + 1, out);
        if relabelled {
            out.push_str(")::text");
        }
    }

    /// Writes `expr`; casts that the binder put in are shown only inside operators and calls (`show_implicit`).
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of expression")]
    fn write(&self, expr: &Expr, show_implicit: bool, depth: usize, out: &mut String) {
        if depth > MAX_DEPTH {
            out.push_str("...");
            return;
        }
        if self.is_input(expr) {
            out.push('(');
            self.without_inputs()
                .write(expr, show_implicit, depth + 1, out);
            out.push(')');
            return;
        }
        let deeper = depth + 1;
        match &expr.kind {
            ExprKind::Const(value) => write_constant(value, expr.data_type, out),
            ExprKind::Column(column) if self.listing => self.names.write_listed(*column, out),
            ExprKind::Column(column) => self.names.write_column(*column, self.own, out),
            ExprKind::Param(number) => out.push_str(&format!("${}", number.0)),
            ExprKind::InitPlan(plan) => out.push_str(&self.parameter(*plan)),
            ExprKind::Compare(op, left, right) => {
                self.write_binary(left, op.symbol(), right, depth, out);
            }
            ExprKind::Operator(operator, args) => self.write_operator(*operator, args, depth, out),
            ExprKind::Function(function, args) => self.write_function(*function, args, depth, out),
            ExprKind::Cast(arg, context) => {
                if *context != CastContext::Explicit && !show_implicit {
                    self.write(arg, show_implicit, deeper, out);
                    return;
                }
                out.push('(');
                self.write(arg, false, deeper, out);
                out.push_str(")::");
                out.push_str(&type_name(expr.data_type));
            }
            ExprKind::And(args) => self.write_joined(args, " AND ", depth, out),
            ExprKind::Or(args) => self.write_joined(args, " OR ", depth, out),
            ExprKind::Not(arg) => {
                out.push_str("(NOT ");
                self.write(arg, false, deeper, out);
                out.push(')');
            }
            ExprKind::IsNull { arg, negated } => {
                out.push('(');
                self.write(arg, true, deeper, out);
                out.push_str(if *negated {
                    " IS NOT NULL)"
                } else {
                    " IS NULL)"
                });
            }
            ExprKind::BoolTest(test, arg) => {
                out.push('(');
                self.write(arg, false, deeper, out);
                out.push_str(match test {
                    BoolTest::True => " IS TRUE)",
                    BoolTest::NotTrue => " IS NOT TRUE)",
                    BoolTest::False => " IS FALSE)",
                    BoolTest::NotFalse => " IS NOT FALSE)",
                    BoolTest::Unknown => " IS UNKNOWN)",
                    BoolTest::NotUnknown => " IS NOT UNKNOWN)",
                });
            }
            ExprKind::IsDistinct {
                left,
                right,
                negated,
            } => {
                if *negated {
                    out.push_str("(NOT ");
                }
                self.write_binary(left, "IS DISTINCT FROM", right, depth, out);
                if *negated {
                    out.push(')');
                }
            }
            ExprKind::RowCompare { op, left, right } => {
                out.push_str("(ROW(");
                self.write_list(left, depth, out);
                out.push_str(&format!(") {} ROW(", op.symbol()));
                self.write_list(right, depth, out);
                out.push_str("))");
            }
            ExprKind::InList {
                arg,
                op,
                quantifier,
                list,
            } => {
                out.push('(');
                self.write_operand(arg, depth, out);
                let word = match quantifier {
                    Quantifier::Any => "ANY",
                    Quantifier::All => "ALL",
                };
                out.push_str(&format!(" {} {word} (", op.symbol()));
                self.write_elements(list, depth, out);
                out.push_str("))");
            }
            ExprKind::Case {
                branches,
                otherwise,
            } => {
                out.push_str("CASE");
                for (condition, value) in branches {
                    out.push_str(" WHEN ");
                    self.write(condition, false, deeper, out);
                    out.push_str(" THEN ");
                    self.write(value, true, deeper, out);
                }
                out.push_str(" ELSE ");
                match otherwise {
                    Some(value) => self.write(value, true, deeper, out),
                    None => write_constant(&Value::Null, expr.data_type, out),
                }
                out.push_str(" END");
            }
            ExprKind::Coalesce(args) => self.write_call("COALESCE", args, depth, out),
            ExprKind::NullIf(left, right) => {
                out.push_str("NULLIF(");
                self.write(left, true, deeper, out);
                out.push_str(", ");
                self.write(right, true, deeper, out);
                out.push(')');
            }
            ExprKind::GreatestLeast { greatest, args } => {
                self.write_call(
                    if *greatest { "GREATEST" } else { "LEAST" },
                    args,
                    depth,
                    out,
                );
            }
            ExprKind::Aggregate(call) => self.write_aggregate(call, depth, out),
            ExprKind::Window(call) => {
                let name = window_name(call.function);
                if call.args.is_empty()
                    && call.function == WindowFunction::Aggregate(AggregateFunction::CountStar)
                {
                    out.push_str("count(*)");
                } else {
                    self.write_call(name, &call.args, depth, out);
                }
                self.write_filter(call.filter.as_deref(), depth, out);
                out.push_str(" OVER (?)");
            }
            ExprKind::SubLink(_) => out.push_str("(SubLink)"),
            ExprKind::SubPlan { plan, .. } => out.push_str(&self.subplan(*plan)),
        }
    }

    fn write_elements(&self, list: &[Expr], depth: usize, out: &mut String) {
        let constants: Option<Vec<&Value>> = list.iter().map(Expr::as_const).collect();
        match (constants, list.first()) {
            (Some(values), Some(first)) => {
                let data_type = match first.data_type {
                    DataType::Varchar(_) => DataType::Text,
                    other => other,
                };
                write_array(values.into_iter(), data_type, out);
            }
            _ => {
                out.push_str("ARRAY[");
                self.write_list(list, depth, out);
                out.push(']');
            }
        }
    }

    fn write_operator(&self, operator: Operator, args: &[Expr], depth: usize, out: &mut String) {
        match args {
            [left, right] => self.write_binary(left, operator.symbol(), right, depth, out),
            _ => {
                out.push('(');
                out.push_str(operator.symbol());
                out.push(' ');
                self.write_list(args, depth, out);
                out.push(')');
            }
        }
    }

    fn write_function(&self, function: Function, args: &[Expr], depth: usize, out: &mut String) {
        match (function, args) {
            (Function::Extract, [field, value]) => {
                out.push_str("EXTRACT(");
                match field.as_const() {
                    Some(Value::Text(name)) => out.push_str(name),
                    _ => self.write(field, true, depth + 1, out),
                }
                out.push_str(" FROM ");
                self.write(value, true, depth + 1, out);
                out.push(')');
            }
            (Function::CurrentDate, []) => out.push_str("CURRENT_DATE"),
            (Function::CurrentTimestamp, []) => out.push_str("now()"),
            (Function::CurrentUser, []) => out.push_str("CURRENT_USER"),
            _ => {
                let name = super::quote_identifier(function_name(function));
                out.push_str(&name);
                out.push('(');
                for (position, arg) in args.iter().enumerate() {
                    if position > 0 {
                        out.push_str(", ");
                    }
                    self.write_operand(arg, depth, out);
                }
                out.push(')');
            }
        }
    }

    fn write_aggregate(&self, call: &AggregateCall, depth: usize, out: &mut String) {
        out.push_str(aggregate_name(call.function));
        out.push('(');
        if call.distinct {
            out.push_str("DISTINCT ");
        }
        if call.function == AggregateFunction::CountStar {
            out.push('*');
        } else if let (AggregateFunction::Min | AggregateFunction::Max, [arg]) =
            (call.function, call.args.as_slice())
        {
            self.write_operand(arg, depth, out);
        } else {
            self.write_list(&call.args, depth, out);
        }
        let within_group = matches!(
            call.function,
            AggregateFunction::PercentileCont
                | AggregateFunction::PercentileDisc
                | AggregateFunction::Mode
        );
        if !call.order_by.is_empty() {
            out.push_str(if within_group {
                ") WITHIN GROUP (ORDER BY "
            } else {
                " ORDER BY "
            });
            for (position, (expr, descending, nulls_first)) in call.order_by.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                self.write(expr, false, depth + 1, out);
                out.push_str(order_suffix(*descending, *nulls_first));
            }
        }
        out.push(')');
        self.write_filter(call.filter.as_deref(), depth, out);
    }

    fn write_filter(&self, filter: Option<&Expr>, depth: usize, out: &mut String) {
        if let Some(filter) = filter {
            out.push_str(" FILTER (WHERE ");
            self.write(filter, false, depth + 1, out);
            out.push(')');
        }
    }

    /// `$n` of a sub-plan that is run once; the number stands in its name.
    fn parameter(&self, plan: SubPlanId) -> String {
        let name = self
            .subplans
            .get(plan.0 as usize)
            .map(|subplan| subplan.name.as_str());
        name.and_then(|name| name.split_once('$'))
            .map(|(_, rest)| {
                let digits = rest.chars().take_while(char::is_ascii_digit);
                format!("${}", digits.collect::<String>())
            })
            .unwrap_or_else(|| format!("${}", plan.0))
    }

    fn subplan(&self, plan: SubPlanId) -> String {
        match self.subplans.get(plan.0 as usize) {
            Some(subplan) => {
                let name = &subplan.name;
                match subplan.kind {
                    SubPlanKind::Quantified { hashed: true, .. } => format!("(hashed {name})"),
                    _ => format!("({name})"),
                }
            }
            None => format!("(SubPlan {})", plan.0 + 1),
        }
    }
}

/// What follows a sort key: nothing for the default order.
pub(super) const fn order_suffix(descending: bool, nulls_first: bool) -> &'static str {
    match (descending, nulls_first) {
        (false, false) => "",
        (false, true) => " NULLS FIRST",
        (true, true) => " DESC",
        (true, false) => " DESC NULLS LAST",
    }
}

const fn aggregate_name(function: AggregateFunction) -> &'static str {
    use AggregateFunction as F;
    match function {
        F::CountStar | F::Count => "count",
        F::Sum => "sum",
        F::Avg => "avg",
        F::Min => "min",
        F::Max => "max",
        F::BoolAnd => "bool_and",
        F::BoolOr => "bool_or",
        F::StringAgg => "string_agg",
        F::StddevSamp => "stddev_samp",
        F::StddevPop => "stddev_pop",
        F::VarSamp => "var_samp",
        F::VarPop => "var_pop",
        F::BitAnd => "bit_and",
        F::BitOr => "bit_or",
        F::Corr => "corr",
        F::CovarPop => "covar_pop",
        F::CovarSamp => "covar_samp",
        F::PercentileCont => "percentile_cont",
        F::PercentileDisc => "percentile_disc",
        F::Mode => "mode",
        F::AnyValue => "any_value",
    }
}

const fn window_name(function: WindowFunction) -> &'static str {
    use WindowFunction as W;
    match function {
        W::RowNumber => "row_number",
        W::Rank => "rank",
        W::DenseRank => "dense_rank",
        W::PercentRank => "percent_rank",
        W::CumeDist => "cume_dist",
        W::Ntile => "ntile",
        W::Lag => "lag",
        W::Lead => "lead",
        W::FirstValue => "first_value",
        W::LastValue => "last_value",
        W::NthValue => "nth_value",
        W::Aggregate(function) => aggregate_name(function),
    }
}
