//! One index: key, size, height, whether the query uses it and why, its state, and Drop.

use protocol::{IndexStateView, IndexView};
use viewmodel::store::Purpose;
use viewmodel::{format, index_draft, index_effect, schema_labels};
use yew::prelude::{Callback, FocusEvent, Html, MouseEvent, Properties, classes, component, html};

use super::verdict_list::mark;
use crate::hooks::{Store, use_store};

/// What an index is given.
#[derive(PartialEq, Properties)]
pub struct IndexCardProps {
    /// The index.
    pub index: IndexView,
}

const STATES: [(IndexStateView, &str, &str); 3] = [
    (IndexStateView::Real, "real", "built and planned with"),
    (
        IndexStateView::Hypothetical,
        "what-if",
        "planned with, but not built",
    ),
    (
        IndexStateView::Hidden,
        "hidden",
        "built and kept up, but not planned with",
    ),
];

fn modifier(state: IndexStateView) -> &'static str {
    match state {
        IndexStateView::Real => "real",
        IndexStateView::Hypothetical => "hypothetical",
        IndexStateView::Hidden => "hidden",
    }
}

fn state_switch(store: &Store, index: &IndexView) -> Html {
    html! {
        <span class="pw-switch" role="group" aria-label={format!("State of {}", index.name)}>
            { for STATES.into_iter().map(|(state, name, words)| {
                let on = index.state == state;
                let script = index_effect::change_state(index, state);
                let onclick = {
                    let (store, script) = (store.clone(), script.clone());
                    let purpose = index_effect::change_words(index, state);
                    Callback::from(move |_| {
                        if let Some(script) = &script {
                            store.run(Purpose::Change(purpose.clone()), script);
                        }
                    })
                };
                html! {
                    <button type="button" class={classes!("pw-switch__choice", on.then(|| format!("pw-switch__choice--{}", modifier(state))))}
                        aria-pressed={on.to_string()} title={words} {onclick}
                        disabled={!on && (script.is_none() || !store.state().ready())}>{ name }</button>
                }
            }) }
        </span>
    }
}

/// The card.
#[component]
pub fn IndexCard(props: &IndexCardProps) -> Html {
    let store = use_store();
    let index = &props.index;
    let verdict = index_effect::verdict(store.state().plan.as_deref(), &index.name);
    let used = verdict.is_some_and(|verdict| verdict.used);
    let on_drop = {
        let store = store.clone();
        let name = index_draft::quoted(&index.name);
        Callback::from(move |_| {
            store.run(
                Purpose::Change(format!("dropping {name}")),
                &format!("DROP INDEX {name}"),
            )
        })
    };
    let about = if index.state == IndexStateView::Hypothetical {
        "≈ "
    } else {
        ""
    };
    html! {
        <article class={classes!("pw-index", format!("pw-index--{}", modifier(index.state)), used.then_some("pw-index--used"))}
            aria-label={format!("Index {}", index.name)} title={index.definition.clone()}>
            <div class="pw-index__line">
                <span class="pw-index__key">{ schema_labels::key_label(index) }</span>
                if index.primary { <span class="pw-index__kind">{ "primary key" }</span> }
                else if index.constraint { <span class="pw-index__kind">{ "unique" }</span> }
            </div>
            <div class="pw-index__line">
                <span class="pw-index__size">{ format!("{about}{} · {}", format::bytes(index.bytes), format::counted(f64::from(index.height), "level")) }</span>
                <span class="pw-index__size" title={index_effect::write_title(&index.write_price)}>{ index_effect::write_label(&index.write_price) }</span>
            </div>
            if let Some(verdict) = verdict {
                <details class="pw-index__verdict" onmouseenter={mark::<MouseEvent>(&store, verdict.span)} onmouseleave={mark::<MouseEvent>(&store, None)}
                    onfocusin={mark::<FocusEvent>(&store, verdict.span)} onfocusout={mark::<FocusEvent>(&store, None)}>
                    <summary class={if used { "pw-index__used" } else { "pw-index__unused" }}>
                        { if used { "used".to_owned() } else { format!("not used: {}", verdict.cause) } }
                    </summary>
                    <p class="pw-index__why">{ &verdict.reason }</p>
                </details>
            }
            <div class="pw-index__line">
                { state_switch(&store, index) }
                if !index.primary && !index.constraint {
                    <button type="button" class="pw-index__drop" aria-label={format!("Drop index {}", index.name)} onclick={on_drop}
                        disabled={!store.state().ready()}>{ "Drop" }</button>
                }
            </div>
        </article>
    }
}
