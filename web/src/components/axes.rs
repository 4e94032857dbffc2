//! The box of a curve: grid, marks, and where the present stands.

use viewmodel::axes::{Axes, HEIGHT, Here, WIDTH};
use yew::prelude::{Html, html};

use super::plot;

/// A drawing with its box; `lines` lie between the grid and the marker of the present.
pub fn drawing(axes: &Axes, here: &Here, summary: &str, lines: Html) -> Html {
    let (left, top, right, bottom) = axes.frame;
    let (far, side) = if here.x > (left + right) / 2.0 {
        ("end", -8.0)
    } else {
        ("start", 8.0)
    };
    html! {
        <svg class="pw-curve__drawing" viewBox={format!("0 0 {WIDTH} {HEIGHT}")} role="img" aria-label={summary.to_owned()}>
            { plot::scales(axes.frame, &axes.x_ticks, &axes.y_ticks) }
            { lines }
            <line class="pw-curve__here" x1={here.x.to_string()} x2={here.x.to_string()} y1={top.to_string()} y2={bottom.to_string()} />
            <circle class="pw-curve__dot" cx={here.x.to_string()} cy={here.y.to_string()} r="5" />
            <text class="pw-curve__words" x={(here.x + side).to_string()} y={(top + 10.0).to_string()} text-anchor={far}>{ &here.words }</text>
        </svg>
    }
}
