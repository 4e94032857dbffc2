//! The left side: tables, their columns and indexes, the form for a new index, and what the planner is told besides.

use viewmodel::Action;
use viewmodel::index_draft::IndexDraft;
use yew::prelude::{Callback, Html, component, html};

use super::NewIndex;
use super::candidate_list::CandidateList;
use super::planner_settings::PlannerSettings;
use super::table_card::TableCard;
use crate::hooks::use_store;

/// The panel.
#[component]
pub fn TablesPanel() -> Html {
    let store = use_store();
    let state = store.state();
    let open_draft = {
        let store = store.clone();
        let table = state.largest_table().map(|table| table.name.clone());
        Callback::from(move |_| {
            if let Some(table) = &table {
                store.dispatch(Action::Draft(Some(IndexDraft::for_table(table))));
            }
        })
    };
    let toggle_candidates = {
        let store = store.clone();
        let open = !state.candidates_open;
        Callback::from(move |_| store.dispatch(Action::OpenCandidates(open)))
    };
    let no_tables = state.schema.tables.is_empty();
    html! {
        <>
            <div class="pw-tables__head">
                <h2 class="pw-heading">{ "Tables" }</h2>
                <span class="pw-tables__actions">
                    <button type="button" class="pw-button pw-button--small pw-button--quiet" onclick={toggle_candidates} title="Which indexes would help this query?"
                        aria-expanded={state.candidates_open.to_string()} disabled={no_tables}>{ "Candidates" }</button>
                    <button type="button" class="pw-button pw-button--small pw-button--quiet" onclick={open_draft}
                        aria-expanded={state.draft.is_some().to_string()} disabled={no_tables}>{ "New index" }</button>
                </span>
            </div>
            if state.candidates_open {
                <CandidateList />
            }
            if let Some(draft) = &state.draft {
                <NewIndex draft={draft.clone()} />
            }
            if no_tables {
                <p class="pw-tables__empty">
                    { if state.loading() { "The sample is being made …" } else { "No tables. Write CREATE TABLE and run it, or choose a sample above." } }
                </p>
            }
            { for state.schema.tables.iter().rev().map(|table| html! { <TableCard key={table.id} table={table.clone()} /> }) }
            <PlannerSettings />
        </>
    }
}
