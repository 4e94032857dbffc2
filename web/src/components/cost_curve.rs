//! The *Cost curve* tab: what each way to read a table costs when conditions find few rows, and when they find all.

use viewmodel::Action;
use viewmodel::cost_curve::{self, CurveChart};
use yew::prelude::{Callback, Html, classes, component, html};

use super::{axes, plot};
use crate::hooks::use_store;

fn drawing(chart: &CurveChart) -> Html {
    let (_, top, _, bottom) = chart.axes.frame;
    let lines = html! {
        <>
            { for chart.flips.iter().map(|flip| html! {
                <line class="pw-curve__flip" x1={flip.at.to_string()} x2={flip.at.to_string()} y1={top.to_string()} y2={bottom.to_string()} />
            }) }
            { for chart.lines.iter().map(|line| html! {
                <g class={format!("pw-curve__line pw-curve__line--{}", line.style)}>
                    <path class="pw-curve__path" d={line.path.clone()} />
                    <path class="pw-curve__taken" d={line.taken.clone()} />
                </g>
            }) }
        </>
    };
    axes::drawing(&chart.axes, &chart.here, &chart.summary, lines)
}

fn legend(chart: &CurveChart) -> Html {
    html! {
        <ul class="pw-curve__legend">
            { for chart.lines.iter().map(|line| html! {
                <li class={classes!("pw-curve__key", line.chosen.then_some("pw-curve__key--chosen"))}>
                    <svg class={format!("pw-curve__sample pw-curve__line pw-curve__line--{}", line.style)} viewBox="0 0 28 8" aria-hidden="true"><path class="pw-curve__path" d="M0 4L28 4" /></svg>
                    <span>{ &line.title }</span><span class="pw-curve__cost">{ &line.cost }{ if line.chosen { " · chosen" } else { "" } }</span>
                </li>
            }) }
            { for chart.flips.iter().map(|flip| html! { <li class="pw-curve__key pw-curve__key--flip">{ "Flip point " }{ &flip.label }</li> }) }
        </ul>
    }
}

fn table(chart: &CurveChart) -> Html {
    html! {
        <details class="pw-curve__table">
            <summary>{ "The same as a table" }</summary>
            <div class="pw-curve__scroll" tabindex="0" role="region" aria-label="Costs as a table">
                <table>
                    <thead><tr><th scope="col">{ "Rows found" }</th>{ for chart.lines.iter().map(|line| html! { <th scope="col">{ &line.title }</th> }) }<th scope="col">{ "Taken" }</th></tr></thead>
                    <tbody>{ for chart.rows.iter().map(|row| html! {
                        <tr><th scope="row">{ &row.share }</th>{ for row.costs.iter().map(|cost| html! { <td>{ cost }</td> }) }<td>{ &row.chosen }</td></tr>
                    }) }</tbody>
                </table>
            </div>
        </details>
    }
}

/// The tab.
#[component]
pub fn CostCurve() -> Html {
    let store = use_store();
    let state = store.state();
    let Some(view) = &state.curve else {
        return html! { <p class="pw-empty">{ "A condition on a column of a table has a cost curve: try WHERE customer_id = 123." }</p> };
    };
    let Some(chart) = cost_curve::chart(view) else {
        return html! { <p class="pw-empty">{ "There are no rows whose cost could be drawn." }</p> };
    };
    let on_choose = {
        let store = store.clone();
        Callback::from(move |choice| store.dispatch(Action::ChooseCurve(choice)))
    };
    html! {
        <div class="pw-curve">
            <p class="pw-curve__title">
                { format!("Estimated cost of reading {} over the ", view.relation) }
                { plot::choice("What is turned", &view.choices, view.choice, on_choose) }
            </p>
            { drawing(&chart) }
            { legend(&chart) }
            { table(&chart) }
        </div>
    }
}
