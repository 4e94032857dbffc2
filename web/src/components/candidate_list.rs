//! Indexes that would help the query, the most helpful first; one click makes one a what-if.

use protocol::CandidateView;
use viewmodel::store::Purpose;
use viewmodel::{format, index_effect};
use yew::prelude::{Callback, Html, component, html};

use crate::hooks::use_store;

/// The list.
#[component]
pub fn CandidateList() -> Html {
    let store = use_store();
    let state = store.state();
    let body = match state.candidates.as_deref() {
        None => {
            html! { <p class="pw-candidates__words" role="status">{ "Looking for indexes …" }</p> }
        }
        Some(found) if found.failure.is_some() => html! {
            <p class="pw-candidates__words">{ "The query must be without mistakes before indexes can be looked for." }</p>
        },
        Some(found) if found.candidates.is_empty() => html! {
            <p class="pw-candidates__words">
                { if found.present.is_none() { "Write a query to find indexes for.".to_owned() }
                  else { format!("None of the {} tried makes this query cheaper.", format::counted(f64::from(found.tried), "index")) } }
            </p>
        },
        Some(found) => html! {
            <ul class="pw-candidates__list">
                { for found.candidates.iter().map(|candidate| {
                    let take = |script: &str, words: &str| {
                        let (store, script) = (store.clone(), script.to_owned());
                        let purpose = format!("{words} an index on {}", candidate.table);
                        Callback::from(move |_| store.run(Purpose::Change(purpose.clone()), &script))
                    };
                    entry(candidate, &index_effect::saving(found, candidate), state.ready(),
                        take(&candidate.hypothetical, "trying"), take(&candidate.statement, "building"))
                }) }
            </ul>
        },
    };
    html! {
        <section class="pw-candidates" aria-label="Candidates">
            { body }
        </section>
    }
}

fn entry(
    candidate: &CandidateView,
    saving: &str,
    ready: bool,
    on_try: Callback<web_sys::MouseEvent>,
    on_build: Callback<web_sys::MouseEvent>,
) -> Html {
    let name = format!("{} ({})", candidate.table, candidate.key);
    html! {
        <li class="pw-candidates__item" key={candidate.statement.clone()} title={candidate.statement.clone()}>
            <div class="pw-index__line">
                <span class="pw-index__key">{ index_effect::candidate_label(candidate) }</span>
                <span class="pw-candidates__saving" title={format!("cost {} with it", format::cost(candidate.cost.total))}>{ saving }</span>
            </div>
            <div class="pw-index__line">
                <span class="pw-index__size">{ format!("{} · ≈ {} · {}", candidate.kind, format::bytes(candidate.bytes), index_effect::write_label(&candidate.write_price)) }</span>
                <span class="pw-candidates__actions">
                    <button type="button" class="pw-index__drop" disabled={!ready} onclick={on_try} aria-label={format!("What if there were an index on {name}")}>{ "What if" }</button>
                    <button type="button" class="pw-index__drop" disabled={!ready} onclick={on_build} aria-label={format!("Build an index on {name}")}>{ "Build" }</button>
                </span>
            </div>
        </li>
    }
}
