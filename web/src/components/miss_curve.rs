//! The miss curve: how many pages the last run would have read, by the size of the cache.

use viewmodel::miss_curve::MissChart;
use yew::prelude::{Html, html};

use super::axes;

/// The curve with its table.
pub fn miss_curve(chart: &MissChart) -> Html {
    let line = html! { <g class="pw-curve__line pw-curve__line--1"><path class="pw-curve__path pw-curve__path--whole" d={chart.path.clone()} /></g> };
    html! {
        <section class="pw-pages__part" aria-label="Miss curve">
            <h3 class="pw-pages__title">{ "Reads by size of the cache" }<span class="pw-pages__kind">{ "modelled: LRU, empty at first" }</span></h3>
            { axes::drawing(&chart.axes, &chart.here, &chart.summary, line) }
            <p class="pw-pages__axis">{ "pages of cache →" }</p>
            <details class="pw-curve__table">
                <summary>{ "The same as a table" }</summary>
                <table aria-label="Reads by size of the cache">
                    <thead><tr><th scope="col">{ "Cache" }</th><th scope="col">{ "Reads" }</th></tr></thead>
                    <tbody>{ for chart.rows.iter().map(|(size, reads)| html! { <tr><th scope="row">{ size }</th><td class="pw-curve__number">{ reads }</td></tr> }) }</tbody>
                </table>
            </details>
        </section>
    }
}
