//! One index: key, size, height, whether the query uses it, and Drop.

use protocol::{IndexStateView, IndexView};
use viewmodel::store::Purpose;
use viewmodel::{format, index_draft, schema_labels};
use yew::prelude::{Callback, Html, Properties, classes, component, html};

use crate::hooks::use_store;

/// What an index is given.
#[derive(PartialEq, Properties)]
pub struct IndexCardProps {
    /// The index.
    pub index: IndexView,
}

fn modifier(state: IndexStateView) -> &'static str {
    match state {
        IndexStateView::Real => "real",
        IndexStateView::Hypothetical => "hypothetical",
        IndexStateView::Hidden => "hidden",
    }
}

/// The card.
#[component]
pub fn IndexCard(props: &IndexCardProps) -> Html {
    let store = use_store();
    let index = &props.index;
    let used = store.state().shown_plan().is_some_and(|plan| {
        plan.nodes
            .iter()
            .any(|node| node.index.as_deref() == Some(&*index.name))
    });
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
    html! {
        <article class={classes!("pw-index", format!("pw-index--{}", modifier(index.state)), used.then_some("pw-index--used"))}
            aria-label={format!("Index {}", index.name)} title={index.definition.clone()}>
            <div class="pw-index__line">
                <span class="pw-index__key">{ schema_labels::key_label(index) }</span>
                if used { <span class="pw-index__used">{ "used" }</span> }
            </div>
            <div class="pw-index__line">
                <span class="pw-index__size">{ format!("{} · {}", format::bytes(index.bytes), format::counted(f64::from(index.height), "level")) }</span>
                if index.primary { <span class="pw-index__kind">{ "primary key" }</span> }
                else if index.constraint { <span class="pw-index__kind">{ "unique" }</span> }
                else {
                    <button type="button" class="pw-index__drop" aria-label={format!("Drop index {}", index.name)} onclick={on_drop}
                        disabled={!store.state().ready()}>{ "Drop" }</button>
                }
            </div>
        </article>
    }
}
