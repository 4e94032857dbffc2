//! What an index does, would do, or does not: the lines of its card, of the *New index* form and of the candidates.

use crate::{format, index_draft::quoted};
use protocol::{
    CandidateView, CandidatesView, IndexStateView, IndexVerdictView, IndexView, PlanView,
    WhatIfView, WritePriceView,
};

/// The plan's verdict on an index: that of the relation that reads it, if it is read more than once.
#[must_use]
pub fn verdict<'a>(plan: Option<&'a PlanView>, index: &str) -> Option<&'a IndexVerdictView> {
    let mine = || {
        plan.into_iter()
            .flat_map(|plan| &plan.verdicts)
            .filter(|verdict| verdict.index == index)
    };
    mine()
        .find(|verdict| verdict.used)
        .or_else(|| mine().next())
}

/// "+1.0 pages a row", what an INSERT dirties because of the index.
#[must_use]
pub fn write_label(price: &WritePriceView) -> String {
    format!("+{:.2} pg/ins", price.pages_dirtied)
}

/// The price in a sentence.
#[must_use]
pub fn write_title(price: &WritePriceView) -> String {
    format!(
        "Each row written reads {:.1} pages on the way to its leaf and dirties {:.2} (splits included); its entry takes {} bytes.",
        price.pages_read,
        price.pages_dirtied,
        format::count(price.entry_bytes.round())
    )
}

/// How good or bad an effect is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// The statement gets cheaper.
    Better,
    /// Nothing changes.
    Same,
    /// It cannot be.
    Wrong,
}

/// The effect of an index that is being designed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// "cost 24,441 → 53.20 (÷ 459)", or that it would not be used, or what is wrong.
    pub line: String,
    /// Why, in a sentence; may be empty.
    pub reason: String,
    /// "≈ 22.1 MB · 3 levels · +1.01 pg/ins"; empty if it cannot be.
    pub size: String,
    /// For its colour.
    pub tone: Tone,
}

/// The effect as it is told.
#[must_use]
pub fn effect(view: &WhatIfView) -> Effect {
    if let Some(failure) = &view.failure {
        return Effect {
            line: failure.message.clone(),
            reason: String::new(),
            size: String::new(),
            tone: Tone::Wrong,
        };
    }
    let size = format!(
        "≈ {} · {} · {}",
        format::bytes(view.bytes),
        format::counted(f64::from(view.height), "level"),
        write_label(&view.write_price)
    );
    let (line, tone) = match (view.before, view.after) {
        (Some(before), Some(after)) if view.used && after.total < before.total * 0.9995 => (
            format!(
                "cost {} → {} (÷ {})",
                format::cost(before.total),
                format::cost(after.total),
                format::factor(before.total / after.total.max(0.01))
            ),
            Tone::Better,
        ),
        (Some(_), Some(after)) if view.used => (
            format!("used, at the same cost of {}", format::cost(after.total)),
            Tone::Same,
        ),
        (Some(before), Some(_)) => (
            format!("not used: the cost stays {}", format::cost(before.total)),
            Tone::Same,
        ),
        _ => (
            "the text has no plan that it could change".to_owned(),
            Tone::Same,
        ),
    };
    Effect {
        line,
        reason: view.reason.clone(),
        size,
        tone,
    }
}

/// The statements that bring an index into another state; `None` if it is in it, or cannot be.
#[must_use]
pub fn change_state(index: &IndexView, to: IndexStateView) -> Option<String> {
    use IndexStateView::{Hidden, Hypothetical, Real};
    let name = quoted(&index.name);
    match (index.state, to) {
        (Real, Hidden) => Some(format!("ALTER INDEX {name} SET (hidden = true)")),
        (Hidden, Real) => Some(format!("ALTER INDEX {name} SET (hidden = false)")),
        (Hypothetical, Real) => Some(format!("ALTER INDEX {name} SET (hypothetical = false)")),
        // What is hidden is kept up, so it must be built first.
        (Hypothetical, Hidden) => Some(format!(
            "ALTER INDEX {name} SET (hypothetical = false); ALTER INDEX {name} SET (hidden = true)"
        )),
        (Real | Hidden, Hypothetical) if !index.constraint && !index.primary => {
            let predicate = index
                .predicate
                .as_ref()
                .map_or_else(String::new, |predicate| format!(" WHERE ({predicate})"));
            let head = index.definition.strip_suffix(&predicate)?;
            // Its own parameters come before ours.
            let head = match head.strip_suffix(')') {
                Some(open) if head.contains(" WITH (fillfactor=") => {
                    format!("{open}, hypothetical = true)")
                }
                _ => format!("{head} WITH (hypothetical = true)"),
            };
            Some(format!("DROP INDEX {name}; {head}{predicate}"))
        }
        _ => None,
    }
}

/// What is said of a state while it comes about.
#[must_use]
pub fn change_words(index: &IndexView, to: IndexStateView) -> String {
    match to {
        IndexStateView::Real if index.state == IndexStateView::Hypothetical => {
            format!("building {}", index.name)
        }
        IndexStateView::Real => format!("showing {}", index.name),
        IndexStateView::Hypothetical => format!("keeping {} as a what-if only", index.name),
        IndexStateView::Hidden => format!("hiding {}", index.name),
    }
}

/// What a candidate is made of, as short as it can be told: everything after ON.
#[must_use]
pub fn candidate_label(candidate: &CandidateView) -> &str {
    candidate
        .statement
        .split_once(" ON ")
        .map_or(candidate.key.as_str(), |(_, rest)| rest)
}

/// "÷ 464", how much cheaper the statement gets.
#[must_use]
pub fn saving(candidates: &CandidatesView, candidate: &CandidateView) -> String {
    candidates.present.map_or_else(String::new, |present| {
        format!(
            "÷ {}",
            format::factor(present.total / candidate.cost.total.max(0.01))
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::CostView;

    fn cost(total: f64) -> Option<CostView> {
        Some(CostView {
            startup: 0.0,
            total,
        })
    }

    #[test]
    fn an_index_that_would_be_used_tells_both_costs() {
        let view = WhatIfView {
            before: cost(24_441.0),
            after: cost(53.2),
            used: true,
            height: 3,
            ..WhatIfView::default()
        };
        let effect = effect(&view);
        assert_eq!(effect.tone, Tone::Better);
        assert!(effect.line.starts_with("cost 24,441"), "{}", effect.line);
    }

    #[test]
    fn an_index_that_would_not_be_used_says_so() {
        let view = WhatIfView {
            before: cost(10.0),
            after: cost(10.0),
            ..WhatIfView::default()
        };
        assert_eq!(effect(&view).line, "not used: the cost stays 10.00");
    }

    #[test]
    fn a_real_index_becomes_a_what_if_with_its_predicate_kept() {
        let index = IndexView {
            name: "i".to_owned(),
            predicate: Some("(b > 1)".to_owned()),
            definition: "CREATE INDEX i ON public.t USING btree (a) WHERE ((b > 1))".to_owned(),
            ..IndexView::default()
        };
        assert_eq!(
            change_state(&index, IndexStateView::Hypothetical).unwrap(),
            "DROP INDEX i; CREATE INDEX i ON public.t USING btree (a) WITH (hypothetical = true) WHERE ((b > 1))"
        );
    }

    #[test]
    fn a_what_if_that_is_to_be_hidden_is_built_first() {
        let index = IndexView {
            name: "i".to_owned(),
            state: IndexStateView::Hypothetical,
            ..IndexView::default()
        };
        assert_eq!(
            change_state(&index, IndexStateView::Hidden).unwrap(),
            "ALTER INDEX i SET (hypothetical = false); ALTER INDEX i SET (hidden = true)"
        );
    }

    #[test]
    fn the_index_of_a_constraint_can_be_hidden_and_not_given_up() {
        let index = IndexView {
            name: "t_pkey".to_owned(),
            primary: true,
            constraint: true,
            ..IndexView::default()
        };
        assert!(change_state(&index, IndexStateView::Hypothetical).is_none());
        assert_eq!(
            change_state(&index, IndexStateView::Hidden).unwrap(),
            "ALTER INDEX t_pkey SET (hidden = true)"
        );
    }
}
