//! The page's frame: it provides the store and says where each part stands.

use viewmodel::store::Tab;
use web_sys::KeyboardEvent;
use yew::prelude::{Callback, ContextProvider, Html, component, html};

use crate::components::{
    CostViews, EngineStatus, ExplainText, FiguresBar, HeaderBar, NodeDetails, NoticeBar, PagesTab,
    PlanTree, ResultGrid, SqlEditor, TabBar, TablesPanel, WritesTab,
};
use crate::hooks::{Store, use_lag, use_store, use_store_provider};

/// The panel under the tabs.
#[component]
fn OpenTab() -> Html {
    let store = use_store();
    let state = store.state();
    let body = match (state.tab, state.shown_plan()) {
        (Tab::Plan, Some(plan)) => html! { <PlanTree plan={plan.clone()} /> },
        (Tab::Plan, None) => {
            html! { <p class="pw-empty">{ "The plan is drawn here, its root on top." }</p> }
        }
        (Tab::Results, _) => html! { <ResultGrid /> },
        (Tab::Pages, _) => html! { <PagesTab /> },
        (Tab::Writes, _) => html! { <WritesTab /> },
        (Tab::Curve | Tab::Map | Tab::Orders, _) => html! { <CostViews /> },
        (Tab::Text, _) => html! { <ExplainText /> },
    };
    html! {
        <div class="pw-panel" role="tabpanel" id="panel" aria-labelledby={format!("tab-{}", state.tab.bar().key())}>{ body }</div>
    }
}

/// Escape cancels from everywhere, unless something nearer (a completion list) has taken it.
fn escape_cancels(store: &Store) -> Callback<KeyboardEvent> {
    let store = store.clone();
    Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.default_prevented() {
            store.cancel();
        }
    })
}

/// The whole page.
#[component]
pub fn App() -> Html {
    let store = use_store_provider();
    use_lag(&store);
    let onkeydown = escape_cancels(&store);
    html! {
        <ContextProvider<Store> context={store}>
            <div class="pw-app" {onkeydown}>
                <HeaderBar />
                <section class="pw-app__side" role="region" aria-label="Tables and indexes"><TablesPanel /></section>
                <main class="pw-app__main">
                    <SqlEditor />
                    <NoticeBar />
                    <FiguresBar />
                    <TabBar />
                    <OpenTab />
                </main>
                <aside class="pw-app__details" aria-label="Selected node"><NodeDetails /></aside>
                <EngineStatus />
            </div>
        </ContextProvider<Store>>
    }
}

/// Query and plan alone, for a frame in somebody's page.
#[component]
pub fn EmbedApp() -> Html {
    let store = use_store_provider();
    use_lag(&store);
    let onkeydown = escape_cancels(&store);
    html! {
        <ContextProvider<Store> context={store}>
            <div class="pw-app pw-app--embed" {onkeydown}>
                <main class="pw-app__main">
                    <SqlEditor />
                    <NoticeBar />
                    <FiguresBar />
                    <TabBar />
                    <OpenTab />
                </main>
                <EngineStatus />
            </div>
        </ContextProvider<Store>>
    }
}
