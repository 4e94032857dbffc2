//! How long the two event loops are kept: the page's by a timer that should fire on time, the worker's by a ping.

use std::cell::Cell;
use std::rc::Rc;

use gloo::timers::callback::Interval;
use viewmodel::Action;
use yew::prelude::{hook, use_effect_with};

use super::Store;
use crate::address::now_ms;

/// How often the page looks, in milliseconds.
const EVERY_MS: u32 = 100;

/// Looks after which the largest lag is shown.
const SHOWN_EVERY: u32 = 10;

/// Measures while the component lives, and reports once a second.
#[hook]
pub fn use_lag(store: &Store) {
    let store = store.clone();
    use_effect_with((), move |()| {
        let last = Rc::new(Cell::new(now_ms()));
        let worst = Rc::new(Cell::new(0.0f64));
        let looks = Rc::new(Cell::new(0u32));
        let interval = Interval::new(EVERY_MS, move || {
            let this = now_ms();
            let late = this - last.replace(this) - f64::from(EVERY_MS);
            worst.set(worst.get().max(late.max(0.0)));
            looks.set(looks.get() + 1);
            if looks.get() >= SHOWN_EVERY {
                looks.set(0);
                store.dispatch(Action::PageLag(worst.replace(0.0)));
                store.ping();
            }
        });
        move || drop(interval)
    });
}
