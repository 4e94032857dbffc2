//! The SQL editor: CodeMirror, loaded beside the page and driven through one small class.
//!
//! Until its bundle is there the text stands as it is, so that the first paint does not wait for it.

use std::rc::Rc;

use gloo::timers::future::TimeoutFuture;
use js_sys::{Array, Function, Object, Promise, Reflect};
use protocol::{Diagnostic, SchemaView, TextSpan};
use viewmodel::Action;
use viewmodel::store::Theme;
use viewmodel::text_offsets::{byte_offset, utf16_offset};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;
use yew::prelude::{
    Callback, Html, component, html, use_effect_with, use_mut_ref, use_node_ref, use_state_eq,
};

use crate::hooks::{Store, use_store};
use crate::{address, boot};

#[wasm_bindgen]
extern "C" {
    /// The class that the bundle exports.
    type Editor;
    #[wasm_bindgen(method, js_name = setDoc)]
    fn set_doc(this: &Editor, text: &str);
    #[wasm_bindgen(method, js_name = setSchema)]
    fn set_schema(this: &Editor, tables: &Array);
    #[wasm_bindgen(method, js_name = setDiagnostics)]
    fn set_diagnostics(this: &Editor, list: &Array);
    #[wasm_bindgen(method, js_name = highlightRanges)]
    fn highlight_ranges(this: &Editor, ranges: &Array);
    #[wasm_bindgen(method, js_name = setDark)]
    fn set_dark(this: &Editor, dark: bool);
    /// Adds highlighting, completion and underlining.
    #[wasm_bindgen(method)]
    fn complete(this: &Editor) -> Promise;
    #[wasm_bindgen(method)]
    fn destroy(this: &Editor);
}

/// The editor and what it calls.
struct Mounted {
    editor: Editor,
    _on_change: Closure<dyn Fn(String, u32)>,
    _on_cursor: Closure<dyn Fn(u32)>,
    _on_run: Closure<dyn Fn()>,
    _on_cancel: Closure<dyn Fn()>,
}

fn set(object: &Object, name: &str, value: &JsValue) {
    // Setting a field of a fresh object cannot fail.
    let _ = Reflect::set(object, &name.into(), value);
}

/// The newest store, for callbacks that outlive a rendering.
type Newest = Rc<std::cell::RefCell<Store>>;

async fn mount(host: HtmlElement, newest: Newest) -> Result<Mounted, JsValue> {
    let module = wasm_bindgen_futures::JsFuture::from(boot::load_editor()).await?;
    // The module's evaluation was one task of the main thread; making the editor is another.
    TimeoutFuture::new(0).await;
    let class: Function = Reflect::get(&module, &"Editor".into())?.dyn_into()?;
    let on_change = Closure::<dyn Fn(String, u32)>::new({
        let newest = Rc::clone(&newest);
        move |text: String, cursor: u32| {
            let cursor = byte_offset(&text, cursor);
            newest.borrow().dispatch(Action::Edit { text, cursor });
        }
    });
    let on_cursor = Closure::<dyn Fn(u32)>::new({
        let newest = Rc::clone(&newest);
        move |cursor: u32| {
            let store = newest.borrow();
            let cursor = byte_offset(&store.state().text, cursor);
            store.dispatch(Action::MoveCursor(cursor));
        }
    });
    let on_run = Closure::<dyn Fn()>::new({
        let newest = Rc::clone(&newest);
        move || newest.borrow().run_text()
    });
    let on_cancel = Closure::<dyn Fn()>::new({
        let newest = Rc::clone(&newest);
        move || newest.borrow().cancel()
    });
    let options = Object::new();
    set(
        &options,
        "doc",
        &JsValue::from_str(&newest.borrow().state().text),
    );
    set(
        &options,
        "dark",
        &JsValue::from_bool(is_dark(newest.borrow().state().theme)),
    );
    set(&options, "onChange", on_change.as_ref());
    set(&options, "onCursor", on_cursor.as_ref());
    set(&options, "onRun", on_run.as_ref());
    set(&options, "onCancel", on_cancel.as_ref());
    let editor =
        Reflect::construct(&class, &Array::of2(&host, &options))?.unchecked_into::<Editor>();
    Ok(Mounted {
        editor,
        _on_change: on_change,
        _on_cursor: on_cursor,
        _on_run: on_run,
        _on_cancel: on_cancel,
    })
}

fn is_dark(theme: Theme) -> bool {
    match theme {
        Theme::System => address::system_is_dark(),
        Theme::Light => false,
        Theme::Dark => true,
    }
}

fn completion(schema: &SchemaView) -> Array {
    schema
        .tables
        .iter()
        .map(|table| {
            let columns: Array = table
                .columns
                .iter()
                .map(|column| {
                    let entry = Object::new();
                    set(&entry, "name", &JsValue::from_str(&column.name));
                    set(&entry, "type", &JsValue::from_str(&column.type_name));
                    JsValue::from(entry)
                })
                .collect();
            let entry = Object::new();
            set(&entry, "name", &JsValue::from_str(&table.name));
            set(&entry, "columns", &columns);
            JsValue::from(entry)
        })
        .collect()
}

/// A place in the text as the editor counts.
fn range(text: &str, span: TextSpan) -> Object {
    let entry = Object::new();
    for (name, byte) in [("from", span.start), ("to", span.end)] {
        let at = JsValue::from_f64(f64::from(utf16_offset(text, byte)));
        set(&entry, name, &at);
    }
    entry
}

fn underlined(text: &str, diagnostics: &[Diagnostic]) -> Array {
    diagnostics
        .iter()
        .map(|diagnostic| {
            let entry = range(text, diagnostic.span);
            set(
                &entry,
                "message",
                &JsValue::from_str(&diagnostic.failure.message),
            );
            JsValue::from(entry)
        })
        .collect()
}

/// Editor and Run.
#[component]
pub fn SqlEditor() -> Html {
    let store = use_store();
    let host = use_node_ref();
    let newest: Newest = {
        let first = store.clone();
        use_mut_ref(move || first)
    };
    *newest.borrow_mut() = store.clone();
    let mounted = use_mut_ref(|| None::<Mounted>);
    let loaded = use_state_eq(|| false);
    {
        let (host, newest, mounted, loaded) = (
            host.clone(),
            Rc::clone(&newest),
            Rc::clone(&mounted),
            loaded.clone(),
        );
        use_effect_with((), move |()| {
            let kept = Rc::clone(&mounted);
            if let Some(host) = host.cast::<HtmlElement>() {
                wasm_bindgen_futures::spawn_local(async move {
                    match mount(host, Rc::clone(&newest)).await {
                        Ok(editor) => {
                            let completed = editor.editor.complete();
                            *mounted.borrow_mut() = Some(editor);
                            // What stood in its place goes, and the rest arrives, each in a task of its own.
                            TimeoutFuture::new(0).await;
                            loaded.set(true);
                            if let Err(error) =
                                wasm_bindgen_futures::JsFuture::from(completed).await
                            {
                                newest.borrow().dispatch(Action::Tell(format!(
                                    "highlighting could not be loaded: {error:?}"
                                )));
                            }
                        }
                        Err(error) => newest.borrow().dispatch(Action::Tell(format!(
                            "the editor could not be loaded: {error:?}"
                        ))),
                    }
                });
            }
            move || {
                if let Some(gone) = kept.borrow_mut().take() {
                    gone.editor.destroy();
                }
            }
        });
    }
    let with_editor = |act: &dyn Fn(&Editor)| {
        if let Some(mounted) = &*mounted.borrow() {
            act(&mounted.editor);
        }
    };
    let state = store.state();
    {
        let mounted = Rc::clone(&mounted);
        use_effect_with((*loaded, Rc::clone(&state.schema)), move |(_, schema)| {
            if let Some(mounted) = &*mounted.borrow() {
                mounted.editor.set_schema(&completion(schema));
            }
        });
    }
    {
        let mounted = Rc::clone(&mounted);
        let text = Rc::clone(&state.text);
        use_effect_with(
            (*loaded, Rc::clone(&state.diagnostics)),
            move |(_, diagnostics)| {
                if let Some(mounted) = &*mounted.borrow() {
                    mounted
                        .editor
                        .set_diagnostics(&underlined(&text, diagnostics));
                }
            },
        );
    }
    {
        let mounted = Rc::clone(&mounted);
        let text = Rc::clone(&state.text);
        use_effect_with((*loaded, state.marked), move |(_, marked)| {
            if let Some(mounted) = &*mounted.borrow() {
                let ranges = marked.iter().map(|span| range(&text, *span));
                mounted
                    .editor
                    .highlight_ranges(&ranges.map(JsValue::from).collect());
            }
        });
    }
    {
        let mounted = Rc::clone(&mounted);
        use_effect_with((*loaded, state.theme), move |(_, theme)| {
            if let Some(mounted) = &*mounted.borrow() {
                mounted.editor.set_dark(is_dark(*theme));
            }
        });
    }
    // A text that came from elsewhere (a link, a replayed session) is set; what the person typed is already there.
    with_editor(&|editor| editor.set_doc(&state.text));
    let run = {
        let store = store.clone();
        Callback::from(move |_| store.run_text())
    };
    html! {
        <div class="pw-editor">
            <div class="pw-editor__host" ref={host}></div>
            if !*loaded { <pre class="pw-editor__waiting">{ &*state.text }</pre> }
            <div class="pw-editor__side">
                <button type="button" class="pw-button pw-button--main" onclick={run} disabled={!state.ready()} title="Ctrl+Enter or ⌘+Enter">
                    { "Run" }<kbd aria-hidden="true">{ "⌘↵" }</kbd>
                </button>
                <span class="pw-editor__hint">{ "plan follows as you type" }</span>
            </div>
        </div>
    }
}
