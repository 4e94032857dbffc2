//! The plan map: which plan wins over two selectivities, what it costs in each cell, and where the query stands.

use std::rc::Rc;

use viewmodel::Action;
use viewmodel::plan_map::{self, MapCell, MapChart, MapPlan, WIDTH};
use web_sys::{Element, KeyboardEvent, MouseEvent};
use yew::prelude::{
    Callback, Html, NodeRef, UseStateHandle, classes, component, html, use_memo, use_node_ref,
    use_state_eq,
};

use super::plot;
use crate::hooks::use_store;

/// The cell that is pointed at: column and row.
type Pointed = UseStateHandle<Option<(usize, usize)>>;

fn drawing(chart: &MapChart, names: (&str, Option<&str>), cell: Option<&MapCell>) -> Html {
    let (left, top, right, bottom) = chart.frame;
    let (here_x, here_y) = chart.here;
    let middle = (top + bottom) / 2.0;
    html! {
        <svg class="pw-map__drawing" viewBox={format!("0 0 {WIDTH} {}", chart.height)} role="img" aria-label={chart.summary.clone()}>
            { for chart.plans.iter().map(|plan| html! { <path class={format!("pw-map__area pw-map__plan--{}", plan.style)} d={plan.area.clone()} /> }) }
            { for chart.shades.iter().zip(1..).map(|(area, shade)| html! { <path class={format!("pw-map__shade pw-map__shade--{shade}")} d={area.clone()} /> }) }
            <path class="pw-map__border" d={chart.borders.clone()} />
            { plot::scales(chart.frame, &chart.x_ticks, &chart.y_ticks) }
            <text class="pw-map__axis" x={((left + right) / 2.0).to_string()} y={(bottom + 36.0).to_string()} text-anchor="middle">{ names.0 }</text>
            if let Some(name) = names.1 {
                <text class="pw-map__axis" x="12" y={middle.to_string()} text-anchor="middle" transform={format!("rotate(-90 12 {middle})")}>{ name }</text>
            }
            { for chart.plans.iter().filter_map(|plan| plan.place.map(|(x, y)| html! {
                <text class="pw-map__letter" x={x.to_string()} y={y.to_string()} text-anchor="middle">{ &plan.letter }</text>
            })) }
            <circle class="pw-curve__dot" cx={here_x.to_string()} cy={here_y.to_string()} r="5" />
            if let Some(cell) = cell {
                <rect class="pw-map__pointed" x={cell.frame.0.to_string()} y={cell.frame.1.to_string()} width={cell.frame.2.to_string()} height={cell.frame.3.to_string()} />
            }
        </svg>
    }
}

fn legend(plan: &MapPlan) -> Html {
    html! {
        <li class={classes!("pw-map__key", plan.here.then_some("pw-map__key--here"))}>
            <details>
                <summary>
                    <span class={format!("pw-map__sample pw-map__plan--{}", plan.style)}>{ &plan.letter }</span>
                    <span class="pw-map__title">{ &plan.title }{ if plan.here { " · this query" } else { "" } }</span>
                    <span class="pw-map__share">{ &plan.share }</span>
                </summary>
                <pre class="pw-map__text">{ &plan.text }</pre>
            </details>
        </li>
    }
}

/// Follows the mouse over the drawing.
fn follow(host: &NodeRef, chart: &Rc<Option<MapChart>>, pointed: &Pointed) -> Callback<MouseEvent> {
    let (host, chart, pointed) = (host.clone(), Rc::clone(chart), pointed.clone());
    Callback::from(move |event: MouseEvent| {
        let drawn = host
            .cast::<Element>()
            .and_then(|host| host.first_element_child());
        if let (Some(drawn), Some(chart)) = (drawn, &*chart) {
            let place = drawn.get_bounding_client_rect();
            let scale = WIDTH / place.width().max(1.0);
            let x = (f64::from(event.client_x()) - place.left()) * scale;
            let y = (f64::from(event.client_y()) - place.top()) * scale;
            pointed.set(Some(chart.find(x, y)));
        }
    })
}

/// Goes from cell to cell by arrow keys.
fn walk(chart: &Rc<Option<MapChart>>, pointed: &Pointed) -> Callback<KeyboardEvent> {
    let (chart, pointed) = (Rc::clone(chart), pointed.clone());
    Callback::from(move |event: KeyboardEvent| {
        let Some(chart) = &*chart else {
            return;
        };
        let (column, row) = pointed.unwrap_or_else(|| chart.standing());
        let (columns, rows) = chart.size;
        let to = match event.key().as_str() {
            "ArrowLeft" => (column.saturating_sub(1), row),
            "ArrowRight" => ((column + 1).min(columns - 1), row),
            "ArrowUp" => (column, (row + 1).min(rows - 1)),
            "ArrowDown" => (column, row.saturating_sub(1)),
            "Home" => chart.standing(),
            _ => return,
        };
        event.prevent_default();
        pointed.set(Some(to));
    })
}

/// The part of the tab.
#[component]
pub fn PlanMap() -> Html {
    let store = use_store();
    let state = store.state();
    let host = use_node_ref();
    let pointed = use_state_eq(|| None::<(usize, usize)>);
    let chart = use_memo(state.map.clone(), |map| {
        map.as_ref().and_then(|view| plan_map::chart(view))
    });
    let (Some(view), Some(drawn)) = (&state.map, &*chart) else {
        return html! { <p class="pw-empty">{ "A query with conditions on columns has a plan map; with two such columns it has two axes: try WHERE customer_id < 500 AND amount > 90000." }</p> };
    };
    let axes = (view.x_choice, view.y_choice.unwrap_or(view.x_choice));
    let choose = |turn: fn((u32, u32), u32) -> (u32, u32)| {
        let store = store.clone();
        Callback::from(move |choice| {
            let (across, up) = turn(axes, choice);
            store.dispatch(Action::ChooseMap(across, up));
        })
    };
    let (column, row) = pointed.unwrap_or_else(|| drawn.standing());
    let cell = drawn.cell(column, row);
    let leave = {
        let pointed = pointed.clone();
        Callback::from(move |_: MouseEvent| pointed.set(None))
    };
    let words = cell.as_ref().map(|cell| &*cell.words).unwrap_or_default();
    html! {
        <div class="pw-curve">
            <p class="pw-curve__title">
                { "Which plan wins over the " }
                { plot::choice("Across", &view.choices, view.x_choice, choose(|(_, up), choice| (choice, up))) }
                if view.y_choice.is_some() {
                    { " and the " }
                    { plot::choice("Up", &view.choices, axes.1, choose(|(across, _), choice| (across, choice))) }
                }
            </p>
            <div class="pw-map__plot" ref={host.clone()} tabindex="0" role="group" aria-label="Plan map: arrow keys go from cell to cell"
                onmousemove={follow(&host, &chart, &pointed)} onmouseleave={leave} onkeydown={walk(&chart, &pointed)}>
                { drawing(drawn, (&view.x.name, view.y.as_ref().map(|axis| &*axis.name)), cell.as_ref().filter(|_| pointed.is_some())) }
            </div>
            <p class="pw-map__readout" role="status" aria-label="Cell">{ if pointed.is_some() { "" } else { "This query: " } }{ words.to_owned() }</p>
            <ul class="pw-map__legend" aria-label="Plans">{ for drawn.plans.iter().map(legend) }</ul>
            <p class="pw-map__note">{ "Darker cells cost more." }{ if view.complete { "" } else { " The upper rows were not planned in time." } }</p>
        </div>
    }
}
