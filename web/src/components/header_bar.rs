//! The line on top: name, sample size, links, colours.

use viewmodel::experiment::Experiment;
use viewmodel::sample::Organization;
use viewmodel::store::Theme;
use viewmodel::{Action, format, sample};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlSelectElement, MouseEvent};
use yew::prelude::{Callback, Html, component, html};

use crate::address;
use crate::hooks::{Store, use_store};

/// The mark: a root with three leaves, one of them on the path.
fn logo() -> Html {
    html! {
        <svg class="pw-header__logo" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
            <g fill="none" stroke="currentColor" stroke-width="1.6">
                <rect x="7" y="1.5" width="6" height="4" rx="1" />
                <rect x="1" y="14" width="5" height="4" rx="1" />
                <rect class="pw-header__leaf" x="7.5" y="14" width="5" height="4" rx="1" />
                <rect x="14" y="14" width="5" height="4" rx="1" />
                <path d="M10 5.5v8M10 8.5H3.5V14M10 8.5h6.5V14" />
            </g>
        </svg>
    }
}

fn copy_link(store: Store, text: String, told: &'static str) {
    wasm_bindgen_futures::spawn_local(async move {
        let words = if address::copy(&text).await {
            told.to_owned()
        } else {
            format!("copy this: {text}")
        };
        store.dispatch(Action::Tell(words));
    });
}

/// The header.
#[component]
pub fn HeaderBar() -> Html {
    let store = use_store();
    let (rows, organization) = {
        let experiment = &store.state().experiment;
        (experiment.rows, experiment.organization)
    };
    let on_rows = {
        let store = store.clone();
        Callback::from(move |event: Event| {
            let chosen = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlSelectElement>().ok())
                .and_then(|select| select.value().parse::<u32>().ok());
            if let Some(rows) = chosen {
                let kept = store.state().current_experiment();
                store.open(Experiment {
                    rows: (rows > 0).then_some(rows),
                    ..kept
                });
            }
        })
    };
    let on_organization = {
        let store = store.clone();
        Callback::from(move |event: Event| {
            let chosen = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlSelectElement>().ok())
                .and_then(|select| Organization::from_name(&select.value()));
            if let Some(organization) = chosen {
                store.open(Experiment {
                    organization,
                    ..store.state().current_experiment()
                });
            }
        })
    };
    let share = {
        let store = store.clone();
        Callback::from(move |_: MouseEvent| {
            copy_link(
                store.clone(),
                store.link(""),
                "the link to this experiment is on the clipboard",
            )
        })
    };
    let embed = {
        let store = store.clone();
        Callback::from(move |_: MouseEvent| {
            let source = store.link("embed.html").replace('&', "&amp;");
            let snippet = format!(
                "<iframe src=\"{source}\" title=\"Pagewalk: a query and its plan\" width=\"100%\" height=\"460\" loading=\"lazy\"></iframe>"
            );
            copy_link(
                store.clone(),
                snippet,
                "the frame for your page is on the clipboard",
            );
        })
    };
    let theme = {
        let store = store.clone();
        Callback::from(move |_: MouseEvent| {
            let dark = match store.state().theme {
                Theme::System => address::system_is_dark(),
                Theme::Light => false,
                Theme::Dark => true,
            };
            store.dispatch(Action::SetTheme(if dark {
                Theme::Light
            } else {
                Theme::Dark
            }));
        })
    };
    let busy = store.state().busy();
    html! {
        <header class="pw-header">
            <h1 class="pw-header__name">{ logo() }{ "Pagewalk" }</h1>
            <label class="pw-header__sample">
                <span class="pw-header__sample-name">{ "Orders" }</span>
                <select class="pw-select" aria-label="Rows of the sample" onchange={on_rows} disabled={busy}>
                    { for sample::ROW_CHOICES.iter().map(|choice| html! {
                        <option value={choice.to_string()} selected={rows == Some(*choice)}>{ format::counted(f64::from(*choice), "row") }</option>
                    }) }
                    if let Some(odd) = rows.filter(|rows| !sample::ROW_CHOICES.contains(rows)) {
                        <option value={odd.to_string()} selected=true>{ format::counted(f64::from(odd), "row") }</option>
                    }
                    <option value="0" selected={rows.is_none()}>{ "empty database" }</option>
                </select>
            </label>
            <select class="pw-select" aria-label="Organization of the sample's tables" title="Where the rows lie: in a heap, or in the leaves of the primary key's tree"
                onchange={on_organization} disabled={busy || rows.is_none()}>
                { for Organization::ALL.into_iter().map(|choice| html! {
                    <option value={choice.name()} selected={organization == choice}>{ choice.name() }</option>
                }) }
            </select>
            <span class="pw-header__space"></span>
            <button type="button" class="pw-button" onclick={embed}>{ "Embed" }</button>
            <button type="button" class="pw-button" onclick={share}>{ "Share" }</button>
            <button type="button" class="pw-button pw-button--icon" aria-label="Light or dark" title="Light or dark" onclick={theme}>{ "◐" }</button>
        </header>
    }
}
