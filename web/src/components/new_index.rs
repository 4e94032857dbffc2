//! The form for a new index: click columns in the order of the key.

use viewmodel::Action;
use viewmodel::index_draft::IndexDraft;
use viewmodel::index_effect::{self, Tone};
use viewmodel::store::Purpose;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, InputEvent, SubmitEvent};
use yew::prelude::{Callback, Html, Properties, classes, component, html};

use crate::hooks::{Store, use_store};

/// What the form is given.
#[derive(PartialEq, Properties)]
pub struct NewIndexProps {
    /// The index so far.
    pub draft: IndexDraft,
}

fn changed<E: 'static>(
    store: &Store,
    draft: &IndexDraft,
    change: impl Fn(&mut IndexDraft, E) + 'static,
) -> Callback<E> {
    let (store, draft) = (store.clone(), draft.clone());
    Callback::from(move |event: E| {
        let mut draft = draft.clone();
        change(&mut draft, event);
        store.dispatch(Action::Draft(Some(draft)));
    })
}

const fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Better => "better",
        Tone::Same => "same",
        Tone::Wrong => "wrong",
    }
}

/// The form.
#[component]
pub fn NewIndex(props: &NewIndexProps) -> Html {
    let store = use_store();
    let draft = &props.draft;
    let schema = &store.state().schema;
    let taken = store.state().index_names();
    let statement = draft.statement(&taken);
    let hypothetical = draft.hypothetical(&taken);
    let effect = store
        .state()
        .what_if
        .as_ref()
        .filter(|view| Some(&view.definition) == statement.as_ref())
        .map(|view| index_effect::effect(view));
    let columns: Vec<String> = schema
        .tables
        .iter()
        .find(|table| table.name == draft.table)
        .map(|table| {
            table
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect()
        })
        .unwrap_or_default();
    let onsubmit = {
        let (store, statement, name) = (store.clone(), statement.clone(), draft.table.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(statement) = &statement
                && store.state().ready()
            {
                store.run(
                    Purpose::Change(format!("building an index on {name}")),
                    statement,
                );
                store.dispatch(Action::Draft(None));
            }
        })
    };
    let try_out = {
        let (store, name) = (store.clone(), draft.table.clone());
        Callback::from(move |_| {
            if let Some(statement) = &hypothetical
                && store.state().ready()
            {
                store.run(
                    Purpose::Change(format!("trying an index on {name}")),
                    statement,
                );
                store.dispatch(Action::Draft(None));
            }
        })
    };
    let close = {
        let store = store.clone();
        Callback::from(move |_| store.dispatch(Action::Draft(None)))
    };
    let on_table = changed(&store, draft, |draft, event: Event| {
        if let Some(select) = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlSelectElement>().ok())
        {
            *draft = IndexDraft::for_table(&select.value());
        }
    });
    let on_unique = changed(&store, draft, |draft, _: Event| {
        draft.unique = !draft.unique
    });
    let on_expression = changed(&store, draft, |draft, event: InputEvent| {
        if let Some(input) = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
        {
            draft.expression = input.value();
        }
    });
    let on_predicate = changed(&store, draft, |draft, event: InputEvent| {
        if let Some(input) = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
        {
            draft.predicate = input.value();
        }
    });
    html! {
        <form class="pw-new-index" aria-label="New index" {onsubmit}>
            <label class="pw-new-index__row">
                <span>{ "on" }</span>
                <select class="pw-select" aria-label="Table" onchange={on_table}>
                    { for schema.tables.iter().rev().map(|table| html! { <option value={table.name.clone()} selected={table.name == draft.table}>{ &table.name }</option> }) }
                </select>
            </label>
            <fieldset class="pw-new-index__columns">
                <legend>{ "Key columns, in order" }</legend>
                { for columns.into_iter().map(|column| {
                    let position = draft.position(&column);
                    let descending = position.is_some_and(|at| draft.columns[at].descending);
                    let included = draft.include.contains(&column);
                    let toggle = { let column = column.clone(); changed(&store, draft, move |draft, _| draft.toggle_column(&column)) };
                    let turn = { let column = column.clone(); changed(&store, draft, move |draft, _| draft.toggle_descending(&column)) };
                    let include = { let column = column.clone(); changed(&store, draft, move |draft, _| draft.toggle_include(&column)) };
                    html! {
                        <div class="pw-new-index__column" key={column.clone()}>
                            <button type="button" class={classes!("pw-chip", position.is_some().then_some("pw-chip--on"))} aria-pressed={position.is_some().to_string()} onclick={toggle}>
                                if let Some(at) = position { <span class="pw-chip__number">{ at + 1 }</span> }
                                { &column }
                            </button>
                            if position.is_some() {
                                <button type="button" class="pw-chip pw-chip--small" aria-pressed={descending.to_string()} aria-label={format!("{column} descending")} onclick={turn}>
                                    { if descending { "DESC" } else { "ASC" } }
                                </button>
                            } else {
                                <button type="button" class={classes!("pw-chip", "pw-chip--small", included.then_some("pw-chip--on"))} aria-pressed={included.to_string()}
                                    aria-label={format!("include {column}")} onclick={include}>{ "INCLUDE" }</button>
                            }
                        </div>
                    }
                }) }
            </fieldset>
            <label class="pw-new-index__row"><span>{ "expression" }</span>
                <input class="pw-input" type="text" value={draft.expression.clone()} oninput={on_expression} placeholder="lower(email)" aria-label="Expression as the last key part" spellcheck="false" />
            </label>
            <label class="pw-new-index__row"><span>{ "where" }</span>
                <input class="pw-input" type="text" value={draft.predicate.clone()} oninput={on_predicate} placeholder="status = 'open'" aria-label="Condition of a partial index" spellcheck="false" />
            </label>
            <label class="pw-new-index__row"><input type="checkbox" checked={draft.unique} onchange={on_unique} /><span>{ "unique" }</span></label>
            <code class="pw-new-index__sql">{ statement.clone().unwrap_or_else(|| "Choose at least one column.".to_owned()) }</code>
            <div class="pw-new-index__effect" role="status" aria-label="Effect on the query">
                if let Some(effect) = effect {
                    <p class={classes!("pw-new-index__line", format!("pw-new-index__line--{}", tone(effect.tone)))}>{ effect.line }</p>
                    if !effect.reason.is_empty() { <p class="pw-new-index__reason">{ effect.reason }</p> }
                    if !effect.size.is_empty() { <p class="pw-new-index__reason">{ effect.size }</p> }
                }
            </div>
            <div class="pw-new-index__actions">
                <button type="submit" class="pw-button pw-button--main pw-button--small" disabled={statement.is_none() || !store.state().ready()}>{ "Create index" }</button>
                <button type="button" class="pw-button pw-button--small" onclick={try_out} disabled={statement.is_none() || !store.state().ready()}
                    title="Plan with it without building it">{ "What if" }</button>
                <button type="button" class="pw-button pw-button--small" onclick={close}>{ "Close" }</button>
            </div>
        </form>
    }
}
