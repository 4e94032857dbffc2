//! All orders of an index's columns beside some queries, as a table: what each order would make of each query.

use viewmodel::Action;
use viewmodel::order_matrix::{self, MOST_COLUMNS, MatrixCell, MatrixRow, OrdersDraft};
use viewmodel::store::Purpose;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlSelectElement, MouseEvent};
use yew::prelude::{Callback, Html, classes, component, html};

use crate::hooks::{Store, use_store};

fn change(
    store: &Store,
    draft: &OrdersDraft,
    change: impl Fn(&mut OrdersDraft) + 'static,
) -> Callback<MouseEvent> {
    let (store, draft) = (store.clone(), draft.clone());
    Callback::from(move |_| {
        let mut draft = draft.clone();
        change(&mut draft);
        store.dispatch(Action::Orders(draft));
    })
}

fn columns(store: &Store, draft: &OrdersDraft) -> Html {
    let schema = &store.state().schema;
    let table = schema.tables.iter().find(|one| one.name == draft.table);
    let on_table = {
        let store = store.clone();
        Callback::from(move |event: Event| {
            let chosen = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlSelectElement>().ok())
                .map(|select| select.value());
            let state = store.state();
            let table = state
                .schema
                .tables
                .iter()
                .find(|one| Some(&one.name) == chosen.as_ref());
            if let Some(table) = table {
                store.dispatch(Action::Orders(OrdersDraft::for_query(
                    table,
                    state.present_query(),
                )));
            }
        })
    };
    html! {
        <div class="pw-orders__row" role="group" aria-label="Columns of the index">
            <select class="pw-select" aria-label="Table of the index" onchange={on_table}>
                { for schema.tables.iter().map(|one| html! { <option value={one.name.clone()} selected={one.name == draft.table}>{ &one.name }</option> }) }
            </select>
            { for table.into_iter().flat_map(|table| &table.columns).map(|column| {
                let name = column.name.clone();
                let on = draft.columns.contains(&name);
                let onclick = { let name = name.clone(); change(store, draft, move |draft| draft.toggle(&name)) };
                html! {
                    <button type="button" key={name.clone()} class={classes!("pw-chip", on.then_some("pw-chip--on"))} aria-pressed={on.to_string()} {onclick}
                        disabled={!on && draft.columns.len() >= MOST_COLUMNS}>{ &name }</button>
                }
            }) }
        </div>
    }
}

fn queries(store: &Store, draft: &OrdersDraft) -> Html {
    let present = store.state().present_query().trim().to_owned();
    let kept = draft.kept.contains(&present);
    let keep = {
        let present = present.clone();
        change(store, draft, move |draft| draft.kept.push(present.clone()))
    };
    html! {
        <ol class="pw-orders__queries" aria-label="Queries">
            { for draft.queries(&present).into_iter().enumerate().map(|(at, query)| {
                let drop = change(store, draft, move |draft| { if at < draft.kept.len() { draft.kept.remove(at); } });
                html! {
                    <li key={query.clone()}>
                        <code title={query.clone()}>{ &query }</code>
                        if at < draft.kept.len() {
                            <button type="button" class="pw-index__drop" onclick={drop} aria-label={format!("Leave out query {}", at + 1)}>{ "Leave out" }</button>
                        } else if !kept {
                            <button type="button" class="pw-index__drop" onclick={keep.clone()} title="Compare it also when the editor has another query">{ "Keep" }</button>
                        }
                    </li>
                }
            }) }
        </ol>
    }
}

fn cost(cell: &MatrixCell) -> Html {
    html! {
        <td class={classes!(cell.used.then_some("pw-orders__used"))}>
            { &cell.cost }
            if !cell.change.is_empty() { <span class="pw-orders__change">{ &cell.change }</span> }
        </td>
    }
}

fn row(store: &Store, table: &str, row: &MatrixRow) -> Html {
    let act = |script: &str, words: &str| {
        let (store, script) = (store.clone(), script.to_owned());
        let purpose = format!("{words} an index on {table}");
        Callback::from(move |_| store.run(Purpose::Change(purpose.clone()), &script))
    };
    let ready = store.state().ready();
    html! {
        <tr key={row.key.clone()} class={classes!(row.best.then_some("pw-orders__best"))}>
            <th scope="row">{ &row.key }if row.best { <span class="pw-orders__tag">{ "cheapest" }</span> }</th>
            { for row.cells.iter().map(cost) }
            { cost(&row.sum) }
            <td>{ &row.size }</td>
            <td>
                <button type="button" class="pw-index__drop" disabled={!ready} onclick={act(&row.hypothetical, "trying")} aria-label={format!("What if there were an index on {table} ({})", row.key)}>{ "What if" }</button>
                <button type="button" class="pw-index__drop" disabled={!ready} onclick={act(&row.statement, "building")} aria-label={format!("Build an index on {table} ({})", row.key)}>{ "Build" }</button>
            </td>
        </tr>
    }
}

/// The part of the tab.
#[component]
pub fn OrderMatrix() -> Html {
    let store = use_store();
    let state = store.state();
    let Some(draft) = state.orders_draft() else {
        return html! { <p class="pw-empty">{ "There is no table whose columns could be put in order." }</p> };
    };
    let answer = state.matrix.as_ref();
    let failure = answer.and_then(|view| view.failure.as_ref());
    let matrix = answer
        .filter(|_| state.orders_request().is_some())
        .and_then(|view| order_matrix::matrix(view));
    html! {
        <div class="pw-curve">
            <p class="pw-curve__title">{ format!("What an index on up to {MOST_COLUMNS} of these columns would make of the queries, in every order") }</p>
            { columns(&store, &draft) }
            { queries(&store, &draft) }
            if let Some(failure) = failure {
                <p class="pw-map__note">{ &failure.message }</p>
            } else if let Some(matrix) = matrix {
                <div class="pw-curve__scroll" tabindex="0" role="region" aria-label="Column orders">
                    <table class="pw-orders">
                        <thead><tr><th scope="col">{ "Index on" }</th>
                            { for (1..=matrix.present.0.len()).map(|at| html! { <th scope="col">{ format!("Query {at}") }</th> }) }
                            <th scope="col">{ "Together" }</th><th scope="col">{ "Size" }</th><th scope="col">{ "Try" }</th></tr></thead>
                        <tbody>
                            <tr class="pw-orders__present"><th scope="row">{ "as things are" }</th>
                                { for matrix.present.0.iter().map(|cost| html! { <td>{ cost }</td> }) }
                                <td>{ &matrix.present.1 }</td><td>{ "–" }</td><td></td></tr>
                            { for matrix.rows.iter().map(|one| row(&store, &draft.table, one)) }
                        </tbody>
                    </table>
                </div>
                <p class="pw-map__note">{ &matrix.note }{ " Bold costs belong to plans that read the index." }</p>
            } else {
                <p class="pw-map__note">{ "Choose columns: up to four, in any order." }</p>
            }
        </div>
    }
}
