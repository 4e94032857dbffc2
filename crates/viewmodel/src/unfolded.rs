//! A node's cost as lines that a newcomer can read: "10,000 pages × seq_page_cost 1".

use crate::format;
use protocol::{CostFactorView, CostLineView, CostSource, CostUnit, PlanNodeView, UnfoldedView};

/// One line of a cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfoldedLine {
    /// What is paid for.
    pub name: String,
    /// "10,000.00"
    pub value: String,
    /// "10,000 pages × seq_page_cost 1"
    pub product: String,
    /// The factors, one by one; empty if there is nothing more to say than the product does.
    pub factors: Vec<UnfoldedFactor>,
}

/// One factor of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfoldedFactor {
    /// "10,000 pages"
    pub label: String,
    /// "estimated", "a setting" …
    pub source: &'static str,
    /// How it was worked out.
    pub how: String,
    /// The node that it comes from.
    pub node: Option<u32>,
    /// What it was worked out from.
    pub parts: Vec<UnfoldedLine>,
}

/// A cost in two groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfolded {
    /// Paid before the first row: heading with its sum, and lines.
    pub startup: (String, Vec<UnfoldedLine>),
    /// Paid from the first row to the last.
    pub run: (String, Vec<UnfoldedLine>),
    /// The sum of all, as EXPLAIN prints it.
    pub total: String,
    /// "PostgreSQL 15, costsize.c, cost_seqscan"
    pub source: String,
}

/// The lines of a node, if `view` is about this node as it is now.
#[must_use]
pub fn unfolded(view: &UnfoldedView, node: &PlanNodeView) -> Option<Unfolded> {
    let same = view.node == node.id && (view.cost.total - node.cost.total).abs() < 0.005;
    if !same {
        return None;
    }
    let group = |startup: bool| {
        view.lines
            .iter()
            .filter(|line| line.startup == startup)
            .map(line)
            .collect::<Vec<_>>()
    };
    let run = view.cost.total - view.cost.startup;
    Some(Unfolded {
        startup: (
            format!("Before the first row: {}", format::cost(view.cost.startup)),
            group(true),
        ),
        run: (
            format!("From the first row to the last: {}", format::cost(run)),
            group(false),
        ),
        total: format::cost(view.cost.total),
        source: format!("PostgreSQL 15, {}", view.source),
    })
}

fn line(line: &CostLineView) -> UnfoldedLine {
    let labels: Vec<String> = line.factors.iter().map(label).collect();
    let telling = line.factors.len() > 1
        || line
            .factors
            .iter()
            .any(|factor| !factor.parts.is_empty() || factor.node.is_some());
    UnfoldedLine {
        name: line.name.clone(),
        value: format::cost(line.value),
        product: labels.join(" × "),
        factors: if telling {
            line.factors.iter().map(factor).collect()
        } else {
            Vec::new()
        },
    }
}

// Parts nest two or three deep.
fn factor(factor: &CostFactorView) -> UnfoldedFactor {
    UnfoldedFactor {
        label: label(factor),
        source: source(factor.source),
        how: factor.how.clone(),
        node: factor.node,
        parts: factor.parts.iter().map(line).collect(),
    }
}

fn label(factor: &CostFactorView) -> String {
    let number = match factor.unit {
        CostUnit::Cost => format::cost(factor.value),
        _ => format::number(factor.value),
    };
    let name = &factor.name;
    match factor.unit {
        CostUnit::Pages | CostUnit::Rows | CostUnit::Count if name.starts_with("log2") => {
            format!("{name} {number}")
        }
        CostUnit::Pages | CostUnit::Rows | CostUnit::Count
            if name.contains(['-', '/', '(', '÷']) =>
        {
            format!("{number} ({name})")
        }
        CostUnit::Pages | CostUnit::Rows | CostUnit::Count => format!("{number} {name}"),
        CostUnit::Cost | CostUnit::CostPerPage | CostUnit::CostPerRow | CostUnit::Ratio => {
            format!("{name} {number}")
        }
    }
}

const fn source(source: CostSource) -> &'static str {
    match source {
        CostSource::Setting => "a setting",
        CostSource::Constant => "a constant of the model",
        CostSource::Size => "the size now",
        CostSource::Statistics => "estimated, from statistics",
        CostSource::Estimate => "estimated",
        CostSource::Query => "from the query",
        CostSource::Input => "estimated, from the node below",
        CostSource::SubPlan => "estimated, from the sub-plan",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::CostView;

    fn pages() -> UnfoldedView {
        let factor = |name: &str, value, unit, source| CostFactorView {
            name: name.to_owned(),
            value,
            unit,
            source,
            node: None,
            how: String::new(),
            parts: Vec::new(),
        };
        UnfoldedView {
            node: 7,
            cost: CostView {
                startup: 0.0,
                total: 10_000.0,
            },
            source: "costsize.c, cost_seqscan".to_owned(),
            lines: vec![CostLineView {
                name: "read every page".to_owned(),
                startup: false,
                value: 10_000.0,
                factors: vec![
                    factor("pages", 10_000.0, CostUnit::Pages, CostSource::Size),
                    factor(
                        "seq_page_cost",
                        1.0,
                        CostUnit::CostPerPage,
                        CostSource::Setting,
                    ),
                ],
            }],
        }
    }

    #[test]
    fn a_line_reads_as_a_product() {
        let node = PlanNodeView {
            id: 7,
            cost: CostView {
                startup: 0.0,
                total: 10_000.0,
            },
            ..PlanNodeView::default()
        };
        let shown = unfolded(&pages(), &node).unwrap();
        assert_eq!(shown.run.1[0].product, "10,000 pages × seq_page_cost 1");
        assert_eq!(shown.total, "10,000.00");
        assert!(shown.startup.1.is_empty());
    }

    #[test]
    fn lines_of_another_plan_are_not_shown() {
        let node = PlanNodeView {
            id: 7,
            ..PlanNodeView::default()
        };
        assert_eq!(unfolded(&pages(), &node), None);
    }
}
