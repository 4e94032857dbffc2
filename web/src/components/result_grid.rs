//! The rows, virtualised: only those in sight are in the document.

use protocol::Alignment;
use viewmodel::{format, schema_labels};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event};
use yew::prelude::{Callback, Html, classes, component, html, use_effect_with, use_state_eq};

use crate::hooks::use_store;

/// Height of a row in pixels; the style sheet has the same.
const ROW_HEIGHT: u32 = 26;

/// Rows drawn beyond what is in sight, on either side.
const SPARE: u32 = 10;

/// The results tab.
#[component]
pub fn ResultGrid() -> Html {
    let store = use_store();
    let results = store.state().results.clone();
    let first = use_state_eq(|| 0u32);
    let in_sight = use_state_eq(|| 40u32);
    {
        let first = first.clone();
        use_effect_with(std::rc::Rc::clone(&results.columns), move |_| first.set(0));
    }
    let onscroll = {
        let (first, in_sight) = (first.clone(), in_sight.clone());
        Callback::from(move |event: Event| {
            if let Some(element) = event
                .target()
                .and_then(|target| target.dyn_into::<Element>().ok())
            {
                first.set(u32::try_from(element.scroll_top()).unwrap_or(0) / ROW_HEIGHT);
                in_sight.set(u32::try_from(element.client_height()).unwrap_or(0) / ROW_HEIGHT + 1);
            }
        })
    };
    if results.columns.is_empty() {
        let words = if results.tag.is_empty() {
            "Run the query to see its rows."
        } else {
            results.tag.as_str()
        };
        return html! { <p class="pw-empty">{ words.to_owned() }</p> };
    }
    let from = first.saturating_sub(SPARE).min(results.rows());
    let to = (*first + *in_sight + SPARE).min(results.rows());
    let spacer = |rows: u32| {
        html! { if rows > 0 { <tr aria-hidden="true" class="pw-grid__spacer"><td colspan={results.columns.len().to_string()}><svg width="1" height={(rows * ROW_HEIGHT).to_string()}></svg></td></tr> } }
    };
    let aligned =
        |alignment: Alignment| (alignment == Alignment::End).then_some("pw-grid__cell--end");
    html! {
        <div class="pw-results">
            <p class="pw-results__line" role="status">{ schema_labels::results_line(&results) }</p>
            <div class="pw-grid" tabindex="0" {onscroll} aria-label="Rows">
                <table aria-label="Results" aria-rowcount={format!("{}", results.rows() + 1)}>
                    <thead><tr aria-rowindex="1">
                        { for results.columns.iter().map(|column| html! {
                            <th scope="col" class={classes!("pw-grid__cell", aligned(column.alignment))} title={column.type_name.clone()}>{ &column.name }</th>
                        }) }
                    </tr></thead>
                    <tbody>
                        { spacer(from) }
                        { for (from..to).map(|row| html! {
                            <tr key={row} aria-rowindex={(row + 2).to_string()}>
                                { for results.columns.iter().enumerate().map(|(at, column)| html! {
                                    <td class={classes!("pw-grid__cell", aligned(column.alignment))}>
                                        if let Some(text) = results.cell(row, at) { { text } } else { <span class="pw-grid__null">{ "NULL" }</span> }
                                    </td>
                                }) }
                            </tr>
                        }) }
                        { spacer(results.rows() - to) }
                    </tbody>
                </table>
            </div>
            if results.total_rows.is_some_and(|total| total > f64::from(results.rows())) {
                <p class="pw-results__line">{ format!("The first {} are shown.", format::counted(f64::from(results.rows()), "row")) }</p>
            }
        </div>
    }
}
