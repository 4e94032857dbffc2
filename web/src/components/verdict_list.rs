//! What became of each index, and why. What a verdict speaks of is shaded in the query while it is pointed at or has the focus.

use protocol::{IndexVerdictView, TextSpan};
use viewmodel::Action;
use yew::prelude::{Callback, FocusEvent, Html, MouseEvent, Properties, classes, component, html};

use crate::hooks::{Store, use_store};

/// The verdicts.
#[derive(PartialEq, Properties)]
pub struct VerdictListProps {
    /// As they came with the plan.
    pub verdicts: Vec<IndexVerdictView>,
}

/// Shades a part of the query, or nothing.
pub fn mark<E: 'static>(store: &Store, span: Option<TextSpan>) -> Callback<E> {
    let store = store.clone();
    Callback::from(move |_: E| {
        if store.state().marked != span {
            store.dispatch(Action::Mark(span));
        }
    })
}

/// The list.
#[component]
pub fn VerdictList(props: &VerdictListProps) -> Html {
    let store = use_store();
    html! {
        <section class="pw-details__section" aria-label="Each index, and why">
            <h3 class="pw-heading">{ "Each index, and why" }</h3>
            <ul class="pw-details__list">
                { for props.verdicts.iter().map(|verdict| html! {
                    <li class={classes!("pw-details__item", verdict.used.then_some("pw-details__item--better"), verdict.span.map(|_| "pw-details__item--place"))}
                        tabindex={verdict.span.map(|_| "0")} onmouseenter={mark::<MouseEvent>(&store, verdict.span)} onmouseleave={mark::<MouseEvent>(&store, None)}
                        onfocus={mark::<FocusEvent>(&store, verdict.span)} onblur={mark::<FocusEvent>(&store, None)}>
                        <span>{ &verdict.index }</span><span class="pw-details__cost">{ if verdict.used { "used" } else { "not used" } }</span>
                        <span class="pw-details__why">{ &verdict.reason }</span>
                    </li>
                }) }
            </ul>
        </section>
    }
}
