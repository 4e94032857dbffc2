//! Estimate against actual: by how much, in which direction, how bad.

/// Which way an estimate is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Within a tenth.
    Exact,
    /// More rows were expected than came.
    Over,
    /// Fewer rows were expected than came.
    Under,
}

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Below factor 2.
    Fine,
    /// Below factor 10.
    Off,
    /// Factor 10 and more: plans go wrong.
    Wrong,
}

/// An estimate held against what came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Larger over smaller, at least 1. Counts below one row are taken as one, as the planner does.
    pub factor: f64,
    /// Which way.
    pub direction: Direction,
    /// How bad.
    pub severity: Severity,
}

/// Compares rows per loop.
#[must_use]
pub fn compare(estimated: f64, actual: f64) -> Comparison {
    let (estimated, actual) = (estimated.max(1.0), actual.max(1.0));
    let factor = (estimated / actual).max(actual / estimated);
    let direction = if factor < 1.1 {
        Direction::Exact
    } else if estimated > actual {
        Direction::Over
    } else {
        Direction::Under
    };
    let severity = if factor < 2.0 {
        Severity::Fine
    } else if factor < 10.0 {
        Severity::Off
    } else {
        Severity::Wrong
    };
    Comparison {
        factor,
        direction,
        severity,
    }
}

impl Comparison {
    /// "exact", "1.4 × over", "12 × under".
    #[must_use]
    pub fn label(&self) -> String {
        let factor = crate::format::factor(self.factor);
        match self.direction {
            Direction::Exact => "exact".to_owned(),
            Direction::Over => format!("{factor} × over"),
            Direction::Under => format!("{factor} × under"),
        }
    }
}

impl Severity {
    /// BEM modifier.
    #[must_use]
    pub const fn modifier(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Off => "off",
            Self::Wrong => "wrong",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_off_is_exact() {
        assert_eq!(compare(105.0, 100.0).label(), "exact");
    }

    #[test]
    fn too_many_expected_rows_are_over() {
        let comparison = compare(3000.0, 250.0);
        assert_eq!(
            (comparison.label().as_str(), comparison.severity),
            ("12 × over", Severity::Wrong)
        );
    }

    #[test]
    fn no_rows_count_as_one_since_the_planner_never_expects_none() {
        assert_eq!(compare(1.0, 0.0).direction, Direction::Exact);
    }
}
