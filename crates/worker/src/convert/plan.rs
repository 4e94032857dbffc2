//! Plans: the explained tree as flat nodes with every figure a number.

use engine::database::{Database, Measured, PageTimes, PlannedStatement, StatementDone};
use engine::executor::NodeMetrics;
use engine::explain::{
    ExplainNode, ExplainOptions, Measurements, Property, PropertyValue, TextForm, explain,
    write_json, write_text,
};
use engine::physical::{Cost, KeepConsidered, PhysicalPlan, VerdictCause};
use protocol::{
    ActualView, ConsideredView, CostView, DetailView, IndexVerdictView, MeasuredView,
    ModelledTimeView, PlanNodeView, PlanView, StatementView, TextSpan,
};

use super::figures::{count, figure, milliseconds};
use super::share::own_costs;
use super::writes::ledger;

/// What one statement did.
pub fn statement(database: &Database, done: &StatementDone, elapsed_ms: f64) -> StatementView {
    StatementView {
        statement: count(done.statement),
        span: TextSpan {
            start: done.span.start,
            end: done.span.end,
        },
        tag: done.tag.clone(),
        replay: done.replayable,
        rows: figure(done.rows),
        elapsed_ms,
        ledger: ledger(database.catalog(), &done.ledger),
    }
}

/// Which candidates the planner is to keep.
pub fn keep_considered(wanted: bool) -> KeepConsidered {
    if wanted {
        KeepConsidered::Yes
    } else {
        KeepConsidered::No
    }
}

/// A plan that has not run.
pub fn planned(database: &Database, planned: &PlannedStatement, text: &str) -> PlanView {
    let options = ExplainOptions::default();
    view(database, planned, text, options, Measurements::default())
}

/// A plan that ran, with what was measured.
pub fn measured(
    database: &Database,
    measured: &Measured,
    done: &StatementDone,
    text: &str,
    elapsed_ms: f64,
) -> PlanView {
    let options = ExplainOptions {
        analyze: true,
        buffers: true,
        timing: measured.execution_ns > 0,
        summary: measured.execution_ns > 0,
        ..ExplainOptions::default()
    };
    let measurements = Measurements {
        nodes: &measured.metrics,
        ledger: Some(&measured.ledger),
        page_times: Some(measured.page_times),
        planning_ns: (measured.planning_ns > 0).then_some(measured.planning_ns),
        execution_ns: (measured.execution_ns > 0).then_some(measured.execution_ns),
    };
    let mut plan = view(database, &measured.planned, text, options, measurements);
    let scans = plan.nodes.iter().filter(|node| {
        node.relation.is_some() && !matches!(node.node_type.as_str(), "ModifyTable")
    });
    let rows_read = scans
        .filter_map(|node| node.actual.as_ref())
        .map(|actual| actual.total_rows + actual.rows_removed)
        .sum();
    plan.measured = Some(MeasuredView {
        rows: figure(done.rows.max(done.affected)),
        rows_read,
        buffers_hit: figure(measured.buffers.hit),
        buffers_read: figure(measured.buffers.read),
        buffers_dirtied: figure(measured.buffers.dirtied),
        buffers_written: figure(measured.buffers.written),
        buffers_evicted: figure(measured.buffers.evicted),
        device: measured.page_times.device.to_owned(),
        modelled_ms: milliseconds(
            measured
                .page_times
                .modelled_ns(measured.buffers.read, measured.buffers.read_sequential),
        ),
        modelled: database
            .modelled_on_all(&measured.buffers)
            .into_iter()
            .map(|(device, nanoseconds)| ModelledTimeView {
                device: device.name().to_owned(),
                ms: milliseconds(nanoseconds),
            })
            .collect(),
        elapsed_ms: if measured.execution_ns > 0 {
            milliseconds(measured.execution_ns)
        } else {
            elapsed_ms
        },
    });
    plan
}

fn view(
    database: &Database,
    planned: &PlannedStatement,
    text: &str,
    options: ExplainOptions,
    measurements: Measurements<'_>,
) -> PlanView {
    let tree = explain(&planned.plan, database.catalog(), options, measurements);
    let own = own_costs(&tree.root);
    let mut nodes = Vec::new();
    flatten(&tree.root, None, measurements.page_times, &mut nodes);
    for (node, own_cost) in nodes.iter_mut().zip(own) {
        node.own_cost = own_cost;
    }
    own_pages(&mut nodes);
    let sql = text.get(planned.span.range()).unwrap_or_default();
    PlanView {
        text: write_text(&tree).join("\n"),
        json: write_json(&tree),
        span: TextSpan {
            start: planned.span.start,
            end: planned.span.end,
        },
        sql: sql.to_owned(),
        considered: considered(&planned.plan),
        verdicts: verdicts(database, &planned.plan),
        nodes,
        measured: None,
    }
}

// The planner bounds the depth of plans.
fn flatten(
    node: &ExplainNode,
    parent: Option<u32>,
    times: Option<PageTimes>,
    into: &mut Vec<PlanNodeView>,
) {
    let here = count(into.len());
    into.push(PlanNodeView {
        id: node.id.0,
        parent,
        title: node.title.clone(),
        node_type: shown_type(node),
        relation: fact(node, "Relation Name"),
        alias: fact(node, "Alias"),
        index: fact(node, "Index Name"),
        backward: fact(node, "Scan Direction").as_deref() == Some("Backward"),
        subplan: node.subplan_name.clone(),
        cost: CostView {
            startup: node.cost.startup,
            total: node.cost.total,
        },
        own_cost: 0.0,
        est_rows: node.est_rows,
        width: node.width,
        details: node.details.iter().filter_map(detail).collect(),
        actual: node.metrics.as_ref().map(|metrics| actual(metrics, times)),
    });
    for child in &node.children {
        flatten(child, Some(here), times, into);
    }
}

/// The type as the text form names it: aggregates by their strategy, changes by their verb.
fn shown_type(node: &ExplainNode) -> String {
    match node.node_type {
        "Aggregate" | "ModifyTable" | "SetOp" => node
            .title
            .split(" on ")
            .next()
            .unwrap_or(node.node_type)
            .to_owned(),
        plain => plain.to_owned(),
    }
}

fn fact(node: &ExplainNode, key: &str) -> Option<String> {
    node.identity
        .iter()
        .chain(&node.kind_facts)
        .find(|property| property.key == key)
        .and_then(|property| match &property.value {
            PropertyValue::Text(text) => Some(text.clone()),
            _ => None,
        })
}

/// Conditions and keys; figures are shown elsewhere.
fn detail(property: &Property) -> Option<DetailView> {
    let value = match &property.value {
        PropertyValue::Text(text) => text.clone(),
        PropertyValue::List(items) => items.join(", "),
        PropertyValue::Bool(true) => "yes".to_owned(),
        PropertyValue::Int(number) if *number > 0 => number.to_string(),
        PropertyValue::Kilobytes(number) => format!("{number} kB"),
        PropertyValue::Group(_) => match &property.text {
            // The line as EXPLAIN prints it, without its key.
            TextForm::As(line) => line.split_once(": ")?.1.to_owned(),
            _ => return None,
        },
        _ => return None,
    };
    let shown_elsewhere = [
        "Shared Hit Blocks",
        "Shared Read Blocks",
        "Shared Dirtied Blocks",
        "Shared Written Blocks",
        "Rows Removed by Filter",
    ];
    (!shown_elsewhere.contains(&property.key)).then(|| DetailView {
        name: property.key.to_owned(),
        value,
    })
}

fn actual(metrics: &NodeMetrics, times: Option<PageTimes>) -> ActualView {
    let loops = figure(metrics.loops);
    let total_rows = figure(metrics.rows);
    ActualView {
        rows: if loops > 0.0 { total_rows / loops } else { 0.0 },
        total_rows,
        loops,
        rows_removed: figure(
            metrics.rows_removed_by_filter
                + metrics.rows_removed_by_join_filter
                + metrics.rows_removed_by_recheck,
        ),
        buffers_hit: figure(metrics.buffers_hit),
        buffers_read: figure(metrics.buffers_read),
        buffers_dirtied: figure(metrics.buffers_dirtied),
        buffers_written: figure(metrics.buffers_written),
        buffers_evicted: figure(metrics.buffers_evicted),
        modelled_ms: times.map_or(0.0, |times| {
            milliseconds(times.modelled_ns(metrics.buffers_read, metrics.buffers_read_sequential))
        }),
        own_pages: 0.0,
        elapsed_ms: milliseconds(metrics.elapsed_ns),
    }
}

/// Pages of each node without its inputs': counters include the inputs, as PostgreSQL's do.
fn own_pages(nodes: &mut [PlanNodeView]) {
    let pages = |node: &PlanNodeView| {
        node.actual
            .as_ref()
            .map_or(0.0, |actual| actual.buffers_hit + actual.buffers_read)
    };
    let whole: Vec<f64> = nodes.iter().map(pages).collect();
    let mut own = whole.clone();
    for (node, pages) in nodes.iter().zip(&whole) {
        if let Some(parent) = node.parent.and_then(|at| own.get_mut(at as usize)) {
            *parent -= pages;
        }
    }
    for (node, own) in nodes.iter_mut().zip(own) {
        if let Some(actual) = &mut node.actual {
            actual.own_pages = own.max(0.0);
        }
    }
}

fn considered(plan: &PhysicalPlan) -> Vec<ConsideredView> {
    let alias = |rel: &engine::logical::RelId| {
        plan.range_table
            .get(rel.0 as usize)
            .map(|entry| entry.alias.to_string())
            .unwrap_or_default()
    };
    plan.considered
        .iter()
        .map(|candidate| ConsideredView {
            relations: candidate.rels.iter().map(alias).collect(),
            title: candidate.title.clone(),
            cost: candidate.cost.map(cost),
            est_rows: candidate.rows,
            order: candidate.order.clone(),
            chosen: candidate.chosen,
            reason: candidate.reason.clone(),
        })
        .collect()
}

/// For every index of every table of the query.
pub(super) fn verdicts(database: &Database, plan: &PhysicalPlan) -> Vec<IndexVerdictView> {
    plan.verdicts
        .iter()
        .filter_map(|verdict| {
            let definition = database.catalog().indexes.get(&verdict.index)?;
            let entry = plan.range_table.get(verdict.rel.0 as usize)?;
            Some(IndexVerdictView {
                index: definition.name.to_string(),
                relation: entry.alias.to_string(),
                used: verdict.cause == VerdictCause::Used,
                cause: cause(verdict.cause).to_owned(),
                reason: verdict.reason.clone(),
                span: verdict.span.map(|span| TextSpan {
                    start: span.start,
                    end: span.end,
                }),
                cost: verdict.cost.map(cost),
            })
        })
        .collect()
}

const fn cause(cause: VerdictCause) -> &'static str {
    match cause {
        VerdictCause::Used => "used",
        VerdictCause::Dearer => "too dear",
        VerdictCause::Hidden => "hidden",
        VerdictCause::Predicate => "partial",
        VerdictCause::Condition => "condition does not fit",
        VerdictCause::LeadingColumn => "leading column free",
        VerdictCause::Unrelated => "not concerned",
        VerdictCause::NotRead => "table not read",
    }
}

/// An estimate as it is shown.
pub(super) const fn cost(cost: Cost) -> CostView {
    CostView {
        startup: cost.startup,
        total: cost.total,
    }
}
