//! What a plan says at a glance: each node's share, the dearest one, labels for its card, the sum line above the tree.

use crate::{
    buffer_pool,
    estimate::{self, Severity},
    format,
    plan_layout::BoxSize,
};
use protocol::{PlanNodeView, PlanView};

/// How much of the cost, in four steps; the colours of the cost ramp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostStep {
    /// Below 2 %.
    Least,
    /// Below 15 %.
    Little,
    /// Below 50 %.
    Much,
    /// The rest.
    Most,
}

impl CostStep {
    fn of(share: f64) -> Self {
        if share < 0.02 {
            Self::Least
        } else if share < 0.15 {
            Self::Little
        } else if share < 0.5 {
            Self::Much
        } else {
            Self::Most
        }
    }

    /// BEM modifier.
    #[must_use]
    pub const fn modifier(self) -> &'static str {
        match self {
            Self::Least => "cost-0",
            Self::Little => "cost-1",
            Self::Much => "cost-2",
            Self::Most => "cost-3",
        }
    }
}

/// A node's card.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeCard {
    /// The node's number.
    pub id: u32,
    /// "Index Scan, backward"
    pub title: String,
    /// The whole first line of EXPLAIN: the item's accessible name begins with it.
    pub explain_title: String,
    /// "orders · orders_customer_id_idx"
    pub subject: Option<String>,
    /// Share of the whole cost, 0..=1.
    pub share: f64,
    /// "82 %"
    pub share_label: String,
    /// Colour of its bar.
    pub step: CostStep,
    /// It is the dearest.
    pub dearest: bool,
    /// "20"
    pub est_rows: String,
    /// "20", if it ran.
    pub actual_rows: Option<String>,
    /// "never executed", "1.4 × over", "exact".
    pub estimate_label: Option<String>,
    /// How far the estimate is off.
    pub severity: Severity,
    /// Rows and `estimate_label` are too long for one line.
    pub label_below: bool,
    /// "23 pages", if it ran and read any by itself.
    pub pages: Option<String>,
    /// "1,000 loops", if there was more than one.
    pub loops: Option<String>,
    /// The most telling condition: "Index Cond", "(a = 1)".
    pub condition: Option<(String, String)>,
    /// "InitPlan 1 (returns $0)"
    pub subplan: Option<String>,
    /// Read out: title, share, rows.
    pub accessible_name: String,
    /// Rows that flow to the parent, over all loops: measured if it ran, else estimated.
    pub flow: f64,
    /// "20 rows", for the edge.
    pub flow_label: String,
}

/// Width of a card in pixels.
const CARD_WIDTH: f64 = 248.0;

/// Letters that fit on a card's line.
const CARD_LETTERS: usize = 34;

/// Heights of a card's parts in pixels; the style sheet has the same.
const CARD_PADDING: f64 = 18.0;
const CARD_LINE: f64 = 20.0;
const CARD_BAR: f64 = 14.0;

impl NodeCard {
    /// The box that its lines fill.
    #[must_use]
    pub fn size(&self, parent: Option<usize>) -> BoxSize {
        let optional = [
            self.subplan.is_some(),
            self.subject.is_some(),
            self.pages.is_some(),
            self.condition.is_some(),
            self.label_below,
        ];
        let lines = 2.0
            + optional
                .iter()
                .filter(|present| **present)
                .map(|_| 1.0)
                .sum::<f64>();
        BoxSize {
            parent,
            width: CARD_WIDTH,
            height: CARD_PADDING + CARD_BAR + lines * CARD_LINE,
        }
    }
}

/// Cards of all nodes, in the plan's order.
#[must_use]
pub fn cards(plan: &PlanView) -> Vec<NodeCard> {
    let whole: f64 = plan.nodes.iter().map(|node| node.own_cost.max(0.0)).sum();
    let dearest = plan
        .nodes
        .iter()
        .enumerate()
        .max_by(|(_, a), (_, b)| a.own_cost.total_cmp(&b.own_cost))
        .map(|(position, _)| position);
    plan.nodes
        .iter()
        .enumerate()
        .map(|(position, node)| {
            card(
                node,
                whole,
                plan.nodes.len() > 1 && dearest == Some(position),
                cut_short(plan, position),
            )
        })
        .collect()
}

/// Whether a LIMIT above may have stopped this node before its end: then fewer rows than estimated say nothing of the estimate.
/// Nodes that take their whole input before they give a row shield what is below them.
fn cut_short(plan: &PlanView, position: usize) -> bool {
    let mut at = plan.nodes.get(position).and_then(|node| node.parent);
    while let Some(parent) = at.and_then(|at| plan.nodes.get(usize::try_from(at).ok()?)) {
        match parent.node_type.as_str() {
            "Limit" => return true,
            "Sort" | "Hash" | "Aggregate" | "HashAggregate" | "GroupAggregate" => return false,
            _ => at = parent.parent,
        }
    }
    false
}

fn card(node: &PlanNodeView, whole: f64, dearest: bool, cut_short: bool) -> NodeCard {
    let share = if whole > 0.0 {
        (node.own_cost.max(0.0) / whole).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let ran = node.actual.as_ref().filter(|actual| actual.loops > 0.0);
    let comparison = ran.map(|actual| estimate::compare(node.est_rows, actual.rows));
    let cut_short = cut_short
        && comparison.is_some_and(|comparison| comparison.direction == estimate::Direction::Over);
    let estimate_label = match (&node.actual, comparison) {
        (_, Some(_)) if cut_short => Some("stopped by Limit".to_owned()),
        (_, Some(comparison)) => Some(comparison.label()),
        (Some(_), None) => Some("never executed".to_owned()),
        (None, None) => None,
    };
    let subject = match (&node.relation, &node.index) {
        (Some(relation), Some(index)) => Some(format!("{relation} · {index}")),
        (Some(only), None) | (None, Some(only)) => Some(only.clone()),
        (None, None) => None,
    };
    let title = if node.backward {
        format!("{}, backward", node.node_type)
    } else {
        node.node_type.clone()
    };
    let share_label = format::percent(share);
    let est_rows = format::count(node.est_rows);
    let actual_rows = ran.map(|actual| format::count(actual.rows));
    let loops = ran
        .filter(|actual| actual.loops > 1.0)
        .map(|actual| format!("{} loops", format::count(actual.loops)));
    let letters = |text: &Option<String>, beside: &str| {
        text.as_ref()
            .map_or(0, |text| beside.len() + text.chars().count())
    };
    let line = "est. ".len()
        + est_rows.len()
        + letters(&actual_rows, " - actual ")
        + letters(&loops, " x ")
        + letters(&estimate_label, "  ");
    let flow = ran.map_or(node.est_rows, |actual| actual.total_rows);
    let mut accessible_name = format!(
        "{}: {share_label} of cost, estimated {}",
        node.title,
        format::counted(node.est_rows, "row")
    );
    if let Some(actual) = ran {
        accessible_name.push_str(&format!(", actual {}", format::counted(actual.rows, "row")));
    }
    NodeCard {
        id: node.id,
        title,
        explain_title: node.title.clone(),
        subject,
        share,
        step: CostStep::of(share),
        dearest,
        est_rows,
        actual_rows,
        label_below: estimate_label.is_some() && line > CARD_LETTERS,
        estimate_label,
        severity: comparison
            .filter(|_| !cut_short)
            .map_or(Severity::Fine, |comparison| comparison.severity),
        pages: ran
            .filter(|actual| actual.own_pages > 0.0)
            .map(|actual| format::counted(actual.own_pages, "page")),
        loops,
        condition: condition(node),
        subplan: node.subplan.clone(),
        accessible_name,
        flow,
        flow_label: format::counted(flow, "row"),
        share_label,
    }
}

fn condition(node: &PlanNodeView) -> Option<(String, String)> {
    let order = [
        "Index Cond",
        "Hash Cond",
        "Merge Cond",
        "Recheck Cond",
        "Join Filter",
        "Run Condition",
        "Filter",
        "Sort Key",
        "Group Key",
        "Cache Key",
        "One-Time Filter",
    ];
    order
        .iter()
        .find_map(|name| node.details.iter().find(|detail| detail.name == *name))
        .map(|detail| (detail.name.clone(), detail.value.clone()))
}

/// Width of an edge in pixels: grows with the logarithm of its rows, from 1 to 9.
#[must_use]
pub fn edge_width(rows: f64) -> f64 {
    1.0 + rows.max(1.0).log10().clamp(0.0, 8.0)
}

/// One figure of the line above the tabs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// "cost, estimated"
    pub label: String,
    /// "52.71"
    pub value: String,
    /// "ms"
    pub unit: String,
    /// "÷ 464" against the plan before.
    pub change: Option<(String, ChangeKind)>,
}

/// Whether a change is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It became less.
    Better,
    /// It became more.
    Worse,
}

impl ChangeKind {
    /// BEM modifier.
    #[must_use]
    pub const fn modifier(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
        }
    }
}

/// "÷ 464" or "× 3.2"; `None` when both are within 2 %.
#[must_use]
pub fn change(now: f64, before: f64) -> Option<(String, ChangeKind)> {
    if now <= 0.0 || before <= 0.0 || (now / before - 1.0).abs() < 0.02 {
        return None;
    }
    if now < before {
        Some((
            format!("÷ {}", format::factor(before / now)),
            ChangeKind::Better,
        ))
    } else {
        Some((
            format!("× {}", format::factor(now / before)),
            ChangeKind::Worse,
        ))
    }
}

/// The figures: estimated cost always, measured ones when the plan shown is the one that ran. `device` is what pages would be read
/// from now.
#[must_use]
pub fn figures(
    plan: &PlanView,
    before: Option<&PlanView>,
    measured_before: Option<&PlanView>,
    device: &str,
) -> Vec<Figure> {
    let cost_of = |plan: &PlanView| plan.nodes.first().map_or(0.0, |root| root.cost.total);
    let cost = cost_of(plan);
    let mut figures = vec![Figure {
        label: "cost, estimated".to_owned(),
        value: format::cost(cost),
        unit: String::new(),
        change: before.and_then(|before| change(cost, cost_of(before))),
    }];
    let Some(measured) = &plan.measured else {
        figures.push(Figure {
            label: "rows, estimated".to_owned(),
            value: format::count(plan.nodes.first().map_or(0.0, |root| root.est_rows)),
            unit: String::new(),
            change: None,
        });
        return figures;
    };
    let pages = measured.buffers_hit + measured.buffers_read;
    let earlier = measured_before.and_then(|before| before.measured.as_ref());
    figures.push(Figure {
        label: "pages, measured".to_owned(),
        value: format::count(pages),
        unit: format!("{} read", format::count(measured.buffers_read)),
        change: earlier
            .and_then(|earlier| change(pages, earlier.buffers_hit + earlier.buffers_read)),
    });
    figures.push(Figure {
        label: "rows read → out".to_owned(),
        value: format!(
            "{} → {}",
            format::short_count(measured.rows_read),
            format::short_count(measured.rows)
        ),
        unit: String::new(),
        change: None,
    });
    figures.push(time("time, measured".to_owned(), measured.elapsed_ms));
    figures.push(time(
        format!("time on {}, modelled", buffer_pool::device_name(device)),
        buffer_pool::modelled_ms(measured, device),
    ));
    figures
}

fn time(label: String, milliseconds: f64) -> Figure {
    let time = format::duration(milliseconds);
    let (value, unit) = time.rsplit_once(' ').unwrap_or((&time, ""));
    Figure {
        label,
        value: value.to_owned(),
        unit: unit.to_owned(),
        change: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{ActualView, CostView, DetailView, MeasuredView};

    fn node(id: u32, parent: Option<u32>, own_cost: f64) -> PlanNodeView {
        PlanNodeView {
            id,
            parent,
            own_cost,
            title: format!("Node {id}"),
            node_type: "Node".to_owned(),
            est_rows: 10.0,
            ..PlanNodeView::default()
        }
    }

    #[test]
    fn shares_are_of_the_sum_of_own_costs_and_one_node_is_the_dearest() {
        let plan = PlanView {
            nodes: vec![node(0, None, 1.0), node(1, Some(0), 3.0)],
            ..PlanView::default()
        };
        let cards = cards(&plan);
        assert_eq!((cards[0].share, cards[1].share), (0.25, 0.75));
        assert_eq!((cards[0].dearest, cards[1].dearest), (false, true));
        assert_eq!(cards[1].step, CostStep::Most);
    }

    #[test]
    fn a_node_that_did_not_run_says_so() {
        let mut quiet = node(0, None, 1.0);
        quiet.actual = Some(ActualView::default());
        let cards = cards(&PlanView {
            nodes: vec![quiet],
            ..PlanView::default()
        });
        assert_eq!(cards[0].estimate_label.as_deref(), Some("never executed"));
        assert_eq!(cards[0].actual_rows, None);
    }

    #[test]
    fn fewer_rows_below_a_limit_are_no_wrong_estimate() {
        let ran = |mut node: PlanNodeView, node_type: &str, rows: f64| {
            node.node_type = node_type.to_owned();
            node.est_rows = 900.0;
            node.actual = Some(ActualView {
                rows,
                total_rows: rows,
                loops: 1.0,
                ..ActualView::default()
            });
            node
        };
        let nodes = vec![
            ran(node(0, None, 0.0), "Limit", 20.0),
            ran(node(1, Some(0), 1.0), "Sort", 20.0),
            ran(node(2, Some(1), 3.0), "Seq Scan", 20.0),
        ];
        let cards = cards(&PlanView {
            nodes,
            ..PlanView::default()
        });
        assert_eq!(cards[1].estimate_label.as_deref(), Some("stopped by Limit"));
        assert_eq!(cards[2].estimate_label.as_deref(), Some("45 × over"));
        // Words that have no room beside the rows get a line of their own.
        assert!(cards[1].label_below && !cards[2].label_below);
        assert!(cards[1].size(None).height > cards[2].size(None).height);
    }

    #[test]
    fn the_index_condition_is_shown_before_the_filter() {
        let mut scan = node(0, None, 1.0);
        scan.details = ["Filter", "Index Cond"]
            .map(|name| DetailView {
                name: name.to_owned(),
                value: "(a)".to_owned(),
            })
            .to_vec();
        assert_eq!(
            cards(&PlanView {
                nodes: vec![scan],
                ..PlanView::default()
            })[0]
                .condition
                .as_ref()
                .unwrap()
                .0,
            "Index Cond"
        );
    }

    #[test]
    fn figures_compare_with_the_plan_before() {
        let priced = |total, pages| PlanView {
            nodes: vec![PlanNodeView {
                cost: CostView {
                    startup: 0.0,
                    total,
                },
                ..node(0, None, total)
            }],
            measured: Some(MeasuredView {
                buffers_hit: pages,
                ..MeasuredView::default()
            }),
            ..PlanView::default()
        };
        let (before, now) = (priced(24_441.0, 10_310.0), priced(52.71, 24.0));
        let figures = figures(&now, Some(&before), Some(&before), "ssd");
        assert_eq!(
            figures[0].change,
            Some(("÷ 464".to_owned(), ChangeKind::Better))
        );
        assert_eq!(figures[1].change.as_ref().unwrap().0, "÷ 430");
        assert_eq!(figures[4].label, "time on SSD, modelled");
    }
}
