//! The *Pages* tab: which pages the last run touched, what another cache would have read, and what the reads take on each device.

use protocol::MeasuredView;
use viewmodel::buffer_pool::{self, DeviceRow};
use viewmodel::miss_curve;
use viewmodel::page_touches::PageTouches;
use yew::prelude::{Html, classes, component, html};

use super::miss_curve::miss_curve as curve;
use super::page_field::PageField;
use crate::hooks::use_store;

fn table(touches: &PageTouches) -> Html {
    html! {
        <div class="pw-pages__scroll" tabindex="0" role="region" aria-label="Pages touched, as a table">
            <table class="pw-table-plain" aria-label="Pages touched">
                <thead><tr>
                    <th scope="col">{ "Relation" }</th><th scope="col" class="pw-table-plain__word">{ "Kind" }</th><th scope="col">{ "Pages" }</th>
                    <th scope="col">{ "Hits" }</th><th scope="col">{ "Reads" }</th><th scope="col">{ "Dirtied" }</th><th scope="col">{ "Added" }</th>
                </tr></thead>
                <tbody>{ for touches.rows().into_iter().map(|row| html! {
                    <tr class={classes!(row.relation.is_empty().then_some("pw-table-plain__more"))}>
                        <th scope="row">{ row.relation }</th><td class="pw-table-plain__word">{ row.kind.name() }</td><td>{ row.pages }</td>
                        { for row.counts.into_iter().map(|count| html! { <td>{ count }</td> }) }
                    </tr>
                }) }</tbody>
            </table>
        </div>
    }
}

fn events(touches: &PageTouches) -> Html {
    html! {
        if !touches.events.is_empty() {
            <details class="pw-pages__events">
                <summary>{ touches.events_line() }</summary>
                <ol aria-label="Changes of structure">
                    { for touches.events.iter().map(|event| html! { <li>{ event }</li> }) }
                </ol>
                if touches.more_events > 0 { <p class="pw-pages__note">{ format!("and {} more", touches.more_events) }</p> }
            </details>
        }
    }
}

fn device(row: DeviceRow) -> Html {
    html! {
        <tr class={classes!(row.chosen.then_some("pw-table-plain__chosen"))} key={row.device}>
            <th scope="row">{ row.name }{ if row.chosen { " · set" } else { "" } }</th>
            <td class="pw-pages__bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width={row.share.to_string()} height="8" /></svg></td>
            <td>{ row.time }</td>
        </tr>
    }
}

fn devices(measured: &MeasuredView, chosen: &str) -> Html {
    html! {
        <section class="pw-pages__part" aria-label="Devices">
            <h3 class="pw-pages__title">{ "Time of the reads" }<span class="pw-pages__kind">{ "modelled" }</span></h3>
            <p class="pw-pages__note">{ buffer_pool::device_words(measured) }</p>
            <table class="pw-table-plain" aria-label="Modelled time on each device">
                <thead class="pw-table-plain__head--hidden"><tr><th scope="col">{ "Device" }</th><td></td><th scope="col">{ "Time" }</th></tr></thead>
                <tbody>{ for buffer_pool::device_rows(measured, chosen).into_iter().map(device) }</tbody>
            </table>
        </section>
    }
}

/// The tab.
#[component]
pub fn PagesTab() -> Html {
    let store = use_store();
    let state = store.state();
    let (Some(touches), Some(plan)) = (&state.touches, &state.measured) else {
        return html! { <p class="pw-empty">{ "Run the query to see the pages it touches, and what a smaller or larger cache would have read." }</p> };
    };
    let memory = &state.schema.memory;
    let chart = miss_curve::chart(
        &touches.miss_curve,
        memory.buffer_pages,
        f64::from(memory.page_bytes),
    );
    html! {
        <div class="pw-pages">
            <section class="pw-pages__part" aria-label="Pages touched">
                <h3 class="pw-pages__title">{ touches.headline() }<span class="pw-pages__kind">{ "measured, last run" }</span></h3>
                <p class="pw-pages__sql"><code>{ plan.sql.trim() }</code></p>
                <PageField touches={touches.clone()} />
                if let Some(words) = touches.omission() { <p class="pw-pages__note">{ words }</p> }
                { table(touches) }
                { events(touches) }
            </section>
            <div class="pw-pages__pair">
                if let Some(chart) = chart { { curve(&chart) } }
                if let Some(measured) = &plan.measured { { devices(measured, &state.schema.storage_device) } }
            </div>
        </div>
    }
}
