//! A node's cost, line by line; each line opens into its factors and how they were worked out.

use viewmodel::Action;
use viewmodel::unfolded::{self, UnfoldedFactor, UnfoldedLine};
use yew::prelude::{Callback, Html, component, html};

use crate::hooks::{Store, use_store};

// Parts nest two or three deep.
fn line(store: &Store, line: &UnfoldedLine) -> Html {
    let head = html! {
        <>
            <span class="pw-unfolded__name">{ &line.name }</span>
            <span class="pw-unfolded__value">{ &line.value }</span>
            <span class="pw-unfolded__product">{ &line.product }</span>
        </>
    };
    if line.factors.is_empty() {
        return html! { <li class="pw-unfolded__line"><div class="pw-unfolded__head">{ head }</div></li> };
    }
    html! {
        <li class="pw-unfolded__line">
            <details>
                <summary class="pw-unfolded__head">{ head }</summary>
                <ul class="pw-unfolded__factors">{ for line.factors.iter().map(|one| factor(store, one)) }</ul>
            </details>
        </li>
    }
}

fn factor(store: &Store, factor: &UnfoldedFactor) -> Html {
    let onclick = factor.node.map(|node| {
        let store = store.clone();
        Callback::from(move |_| store.dispatch(Action::Select(node)))
    });
    html! {
        <li>
            <span>{ &factor.label }</span>{ " – " }
            if onclick.is_some() {
                <button type="button" class="pw-unfolded__link" {onclick}>{ factor.source }</button>
            } else {
                <span class="pw-unfolded__source">{ factor.source }</span>
            }
            if !factor.how.is_empty() { <p class="pw-unfolded__how">{ &factor.how }</p> }
            if !factor.parts.is_empty() {
                <ul class="pw-unfolded__parts">
                    { for factor.parts.iter().map(|part| if factor.how.is_empty() {
                        line(store, part)
                    } else {
                        html! { <>{ for part.factors.iter().map(|one| self::factor(store, one)) }</> }
                    }) }
                </ul>
            }
        </li>
    }
}

/// The section of the inspector.
#[component]
pub fn UnfoldedCost() -> Html {
    let store = use_store();
    let state = store.state();
    let shown = state
        .inspected()
        .zip(state.unfolded.as_ref())
        .and_then(|(node, view)| unfolded::unfolded(view, node));
    let Some(shown) = shown else {
        return html! {};
    };
    let groups = [&shown.startup, &shown.run];
    html! {
        <section class="pw-details__section" aria-label="Cost, line by line">
            <h3 class="pw-heading">{ "Cost, line by line (estimated)" }</h3>
            { for groups.into_iter().filter(|(_, lines)| !lines.is_empty()).map(|(heading, lines)| html! {
                <>
                    <p class="pw-unfolded__group">{ heading }</p>
                    <ul class="pw-unfolded">{ for lines.iter().map(|one| line(&store, one)) }</ul>
                </>
            }) }
            <p class="pw-unfolded__sum"><span>{ "Sum" }</span><span>{ &shown.total }</span></p>
            <p class="pw-unfolded__source">{ &shown.source }</p>
        </section>
    }
}
