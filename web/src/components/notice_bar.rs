//! A message above the tabs: an error with its code, or news.

use viewmodel::Action;
use yew::prelude::{Callback, Html, classes, component, html};

use crate::hooks::use_store;

/// The message, if there is one.
#[component]
pub fn NoticeBar() -> Html {
    let store = use_store();
    let Some(notice) = store.state().notice.clone() else {
        return html! {};
    };
    let dismiss = {
        let store = store.clone();
        Callback::from(move |_| store.dispatch(Action::DismissNotice))
    };
    let failure = notice.failure;
    html! {
        <div class={classes!("pw-notice", notice.error.then_some("pw-notice--error"))} role={if notice.error { "alert" } else { "status" }}>
            <p class="pw-notice__text">
                if !failure.code.is_empty() {
                    <code class="pw-notice__code">{ &failure.code }</code>
                }
                <span>{ &failure.message }</span>
                if let Some(detail) = &failure.detail {
                    <span class="pw-notice__more">{ detail }</span>
                }
                if let Some(hint) = &failure.hint {
                    <span class="pw-notice__more">{ "Hint: " }{ hint }</span>
                }
            </p>
            <button type="button" class="pw-button pw-button--icon" aria-label="Close message" onclick={dismiss}>{ "✕" }</button>
        </div>
    }
}
