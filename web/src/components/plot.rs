//! What the drawings of costs have in common: scales with their marks, and the choice of what is turned.

use viewmodel::scale::Tick;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlSelectElement};
use yew::prelude::{Callback, Html, html};

/// Marks of both scales, with lines across the plot's box (left, top, right, bottom).
pub fn scales(
    (left, top, right, bottom): (f64, f64, f64, f64),
    across: &[Tick],
    up: &[Tick],
) -> Html {
    html! {
        <>
            { for up.iter().map(|tick| html! {
                <g>
                    <line class="pw-curve__grid" x1={left.to_string()} x2={right.to_string()} y1={tick.at.to_string()} y2={tick.at.to_string()} />
                    <text class="pw-curve__tick" x={(left - 6.0).to_string()} y={(tick.at + 4.0).to_string()} text-anchor="end">{ &tick.label }</text>
                </g>
            }) }
            { for across.iter().map(|tick| html! {
                <g>
                    <line class="pw-curve__grid" x1={tick.at.to_string()} x2={tick.at.to_string()} y1={top.to_string()} y2={bottom.to_string()} />
                    <text class="pw-curve__tick" x={tick.at.to_string()} y={(bottom + 16.0).to_string()} text-anchor="middle">{ &tick.label }</text>
                </g>
            }) }
        </>
    }
}

/// One of several names; the only one there is stands as text.
pub fn choice(
    label: &'static str,
    names: &[String],
    chosen: u32,
    on_choose: Callback<u32>,
) -> Html {
    if names.len() < 2 {
        return html! { { names.first().cloned().unwrap_or_default() } };
    }
    let onchange = Callback::from(move |event: Event| {
        let at = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlSelectElement>().ok())
            .and_then(|select| u32::try_from(select.selected_index()).ok());
        if let Some(at) = at {
            on_choose.emit(at);
        }
    });
    html! {
        <select class="pw-select" aria-label={label} {onchange}>
            { for names.iter().zip(0_u32..).map(|(name, at)| html! { <option selected={at == chosen}>{ name }</option> }) }
        </select>
    }
}
