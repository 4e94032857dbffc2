//! A logarithmic scale along one side of a drawing, with marks at the powers of ten. Pure geometry, shared by all drawings.

/// A mark at a scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where, along its axis.
    pub at: f64,
    /// What it says.
    pub label: String,
}

/// From values to places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Value at `from`.
    pub low: f64,
    /// Value at `to`.
    pub high: f64,
    /// Where the scale begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
}

impl Scale {
    /// The place of a value; values outside are put at the nearer end.
    #[must_use]
    pub fn at(&self, value: f64) -> f64 {
        let span = (self.high / self.low).ln();
        let part = if span > 0.0 {
            (value.max(self.low) / self.low).ln() / span
        } else {
            0.5
        };
        self.from + (self.to - self.from) * part.clamp(0.0, 1.0)
    }

    /// Marks at the powers of ten within.
    #[must_use]
    pub fn ticks(&self, label: fn(f64) -> String) -> Vec<Tick> {
        // A power that is an end must not be lost by rounding.
        let first = (self.low.log10() - 1e-9).ceil();
        let last = (self.high.log10() + 1e-9).floor();
        let mut ticks = Vec::new();
        let mut power = first;
        while power <= last {
            let value = 10_f64.powf(power);
            ticks.push(Tick {
                at: self.at(value),
                label: label(value),
            });
            power += 1.0;
        }
        ticks
    }
}
