//! The pages of the last run as a field of squares: in the order of their first touch, or in their place in one relation.

use std::rc::Rc;

use viewmodel::format;
use viewmodel::page_field::{self, Field, WIDTH};
use viewmodel::page_touches::{PageKind, PageTouches};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::{
    Callback, Html, Properties, classes, component, html, use_effect_with, use_memo, use_state_eq,
};

/// What a field is given.
#[derive(PartialEq, Properties)]
pub struct PageFieldProps {
    /// The run's pages.
    pub touches: Rc<PageTouches>,
}

fn squares(field: &Field, words: String) -> Html {
    html! {
        <svg class="pw-pages__field" viewBox={format!("0 0 {WIDTH} {}", field.height)} role="img" aria-label={words}>
            { for field.paths.iter().map(|path| {
                let looks = path.modifiers.iter().map(|modifier| format!("pw-pages__squares--{modifier}")).collect::<Vec<_>>();
                html! { <path class={classes!("pw-pages__squares", looks)} d={path.d.clone()} stroke-width={path.stroke.clone()} stroke-dasharray={path.dash.clone()} /> }
            }) }
        </svg>
    }
}

fn legend(touches: &PageTouches) -> Html {
    let total = touches.total();
    html! {
        <ul class="pw-pages__legend" aria-label="Pages by kind">
            { for PageKind::ALL.into_iter().map(|kind| (kind, touches.of_kind(kind).pages)).filter(|(_, pages)| *pages > 0).map(|(kind, pages)| html! {
                <li class="pw-pages__key"><span class={format!("pw-pages__sample pw-pages__sample--{}", kind.name())} aria-hidden="true"></span>
                    { kind.name() }{ " " }<strong>{ format::count(f64::from(pages)) }</strong></li>
            }) }
            if total.hits > 0 { <li class="pw-pages__key pw-pages__key--found">{ "flat: found in the pool" }</li> }
            if total.reads > 0 { <li class="pw-pages__key pw-pages__key--found">{ "square: read" }</li> }
            if total.added > 0 { <li class="pw-pages__key pw-pages__key--found">{ "pale: added" }</li> }
            if total.dirtied + total.added > 0 { <li class="pw-pages__key pw-pages__key--found">{ "underlined: changed" }</li> }
        </ul>
    }
}

/// The field.
#[component]
pub fn PageField(props: &PageFieldProps) -> Html {
    let place = use_state_eq(|| None::<usize>);
    // Another run may have touched fewer relations.
    let chosen = place.filter(|at| *at < props.touches.relations.len());
    let pages = props.touches.pages.len();
    let stopped = use_state_eq(|| None::<usize>);
    {
        let stopped = stopped.clone();
        use_effect_with(Rc::clone(&props.touches), move |_| stopped.set(None));
    }
    let shown = stopped.unwrap_or(pages).min(pages);
    let field = use_memo(
        (Rc::clone(&props.touches), chosen, shown),
        |(touches, chosen, shown)| match chosen {
            None => page_field::in_order(touches, *shown),
            Some(relation) => page_field::in_place(touches, *relation, *shown),
        },
    );
    let oninput = {
        let stopped = stopped.clone();
        Callback::from(move |event: InputEvent| {
            let value = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
                .and_then(|input| input.value().parse().ok());
            stopped.set(value);
        })
    };
    let choose = |choice: Option<usize>| {
        let place = place.clone();
        Callback::from(move |_| place.set(choice))
    };
    let words = match chosen.and_then(|at| props.touches.relations.get(at)) {
        None => format!(
            "In the order of their first touch: {}",
            props.touches.headline()
        ),
        Some(relation) => format!(
            "All {} of {}, those that the run touched stand out",
            format::counted(f64::from(relation.pages), "page"),
            relation.name
        ),
    };
    html! {
        <div class="pw-pages__drawing">
            <div class="pw-pages__choices" role="group" aria-label="Order of the pages">
                <button type="button" class="pw-button pw-button--small" aria-pressed={chosen.is_none().to_string()} onclick={choose(None)}>{ "In order of touch" }</button>
                { for props.touches.relations.iter().enumerate().map(|(at, relation)| html! {
                    <button type="button" class="pw-button pw-button--small" key={at} aria-pressed={(chosen == Some(at)).to_string()} onclick={choose(Some(at))}
                        title={format!("All pages of {} in their place", relation.name)}>{ &relation.name }</button>
                }) }
            </div>
            { squares(&field, words) }
            if field.pages_each > 1 { <p class="pw-pages__note">{ format!("Each square stands for {} pages.", field.pages_each) }</p> }
            <label class="pw-pages__steps">
                <input type="range" min="0" max={pages.to_string()} value={shown.to_string()} {oninput} aria-label="Pages touched so far" aria-valuetext={props.touches.step_words(shown)} />
                <span class="pw-pages__step">{ props.touches.step_words(shown) }</span>
            </label>
            { legend(&props.touches) }
        </div>
    }
}
