//! Unfolded costs, flip points, curves and maps.

use engine::database::{ChosenMap, Curves, UnfoldedNode};
use engine::explore::{DialUnit, FlipPoint, MapAxis, Sensitivity};
use engine::physical::cost::{CostFactor, CostLine, Phase, Source, Unit};
use protocol::{
    CostFactorView, CostLineView, CostSource, CostUnit, CostView, CurveSeriesView, CurveView,
    DialUnitView, DialView, FlipView, FlipsView, MapAxisView, PlanMapView, UnfoldedView,
};

/// A node's cost.
pub fn unfolded(node: &UnfoldedNode) -> UnfoldedView {
    let part = |startup: bool| {
        let lines = node.tree.lines.iter().map(|line| self::line(line, node));
        lines.filter(move |line| line.startup == startup)
    };
    let lines: Vec<CostLineView> = part(true).chain(part(false)).collect();
    UnfoldedView {
        node: node.id.0,
        cost: CostView {
            startup: node.tree.cost.startup,
            total: node.tree.cost.total,
        },
        source: node.tree.source.to_owned(),
        lines,
    }
}

fn line(line: &CostLine, node: &UnfoldedNode) -> CostLineView {
    CostLineView {
        name: line.name.to_owned(),
        startup: line.phase == Phase::Startup,
        value: line.value,
        factors: line.factors.iter().map(|one| factor(one, node)).collect(),
    }
}

// Parts nest two or three deep.
fn factor(factor: &CostFactor, node: &UnfoldedNode) -> CostFactorView {
    let known = &factor.factor;
    let (source, below) = match known.source {
        Source::Setting => (CostSource::Setting, None),
        Source::Constant => (CostSource::Constant, None),
        Source::Size => (CostSource::Size, None),
        Source::Statistics => (CostSource::Statistics, None),
        Source::Estimate => (CostSource::Estimate, None),
        Source::Query => (CostSource::Query, None),
        Source::Input(child) => (
            CostSource::Input,
            node.children.get(child as usize).map(|id| id.0),
        ),
        Source::SubPlan(_) => (CostSource::SubPlan, None),
    };
    CostFactorView {
        name: known.name.to_owned(),
        value: known.value,
        unit: match known.unit {
            Unit::Cost => CostUnit::Cost,
            Unit::CostPerPage => CostUnit::CostPerPage,
            Unit::CostPerRow => CostUnit::CostPerRow,
            Unit::Pages => CostUnit::Pages,
            Unit::Rows => CostUnit::Rows,
            Unit::Count => CostUnit::Count,
            Unit::Ratio => CostUnit::Ratio,
        },
        source,
        node: below,
        how: factor.how.to_owned(),
        parts: factor.parts.iter().map(|part| line(part, node)).collect(),
    }
}

/// What the dials do.
pub fn flips(node: u32, found: &[Sensitivity]) -> FlipsView {
    let dials = found
        .iter()
        .map(|one| DialView {
            name: one.dial.name.clone(),
            unit: match one.dial.unit {
                DialUnit::Number => DialUnitView::Number,
                DialUnit::Cost => DialUnitView::Cost,
                DialUnit::Bytes => DialUnitView::Bytes,
                DialUnit::Rows => DialUnitView::Rows,
                DialUnit::Fraction => DialUnitView::Fraction,
                DialUnit::Date => DialUnitView::Date,
                DialUnit::Timestamp => DialUnitView::Timestamp,
            },
            now: one.dial.now,
            low: one.dial.low,
            high: one.dial.high,
            flips: one.flips.iter().map(flip).collect(),
            complete: one.complete,
        })
        .collect();
    FlipsView { node, dials }
}

fn flip(flip: &FlipPoint) -> FlipView {
    FlipView {
        value: flip.value,
        before: flip.before.clone(),
        after: flip.after.clone(),
        cost: flip.cost,
    }
}

/// Cost curves.
pub fn curve(curves: &Curves) -> CurveView {
    let curve = &curves.curve;
    CurveView {
        choices: curves.choices.clone(),
        choice: curves.choice,
        relation: curve.relation.clone(),
        tuples: curve.tuples,
        now: curve.dial.now,
        selectivities: curve.selectivities.clone(),
        series: curve
            .series
            .iter()
            .map(|series| CurveSeriesView {
                title: series.title.clone(),
                costs: series
                    .costs
                    .iter()
                    .map(|cost| cost.is_finite().then_some(*cost))
                    .collect(),
            })
            .collect(),
        chosen: curve.chosen.clone(),
        flips: curve.flips.iter().map(flip).collect(),
    }
}

/// A plan map.
pub fn plan_map(chosen: &ChosenMap) -> PlanMapView {
    let map = &chosen.map;
    let axis = |axis: &MapAxis| MapAxisView {
        name: axis.dial.name.clone(),
        now: axis.dial.now,
        values: axis.values.clone(),
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "costs are drawn, not added up"
    )]
    let costs = map
        .costs
        .iter()
        .flat_map(|cost| (*cost as f32).to_le_bytes())
        .collect();
    PlanMapView {
        choices: chosen.choices.clone(),
        x_choice: chosen.x,
        y_choice: chosen.y,
        x: axis(&map.x),
        y: map.y.as_ref().map(axis),
        plans: map.plans.clone(),
        cells: protocol::Bytes(
            map.cells
                .iter()
                .flat_map(|cell| cell.to_le_bytes())
                .collect(),
        ),
        costs: protocol::Bytes(costs),
        complete: map.complete,
    }
}
