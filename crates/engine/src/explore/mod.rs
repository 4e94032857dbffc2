//! What would change the plan: the same statement planned again and again under slightly different circumstances.
//!
//! Planning is a pure function of the statement, the statistics and the settings, and takes microseconds, so that
//! "from where on would another plan win?" can be answered by trying. Nothing here knows a formula, and nothing is kept.

mod bench;
mod curve;
mod dial;
mod flip;
mod map;
mod turn;

pub use bench::Bench;
pub use curve::{CostCurve, CurveSeries, cost_curve};
pub use dial::{Dial, DialUnit, Knob, Setting, dials, selectivity_dials};
pub use flip::{FlipPoint, Sensitivity, flips};
pub use map::{MapAxis, PlanMap, plan_map};
