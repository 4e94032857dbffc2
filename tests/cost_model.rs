//! The examples of `docs/cost-model.md`, worked out by the engine's own functions: the document cannot say what the code does not do.
//!
//! An example is a line of a `cost` block: a formula's name, what it is given, `->`, and the cost as EXPLAIN prints it.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test program stops at its own mistakes"
)]

use engine::{
    logical::JoinKind,
    physical::{
        AggregateStrategy, Cost, PlannerSettings,
        cost::{
            AggregateCosts, AggregateInput, BitmapHeapInput, BitmapInput, CacheShare,
            HashJoinInput, IncrementalSortInput, IndexAccessInput, IndexScanInput, InputEstimate,
            LimitCount, LimitInput, MatchFactors, MemoizeInput, NestedLoopInput, NoTerms, QualCost,
            SeqScanInput, SortInput, aggregate, bitmap_heap_scan, hash_join, incremental_sort,
            index_access, index_scan, limit, memoize_hits, nested_loop, pages_fetched, seq_scan,
            sort,
        },
    },
};
use std::{collections::BTreeMap, fs, path::Path};

/// What an example is given, by name.
struct Given<'t>(BTreeMap<&'t str, f64>);

impl Given<'_> {
    fn get(&self, name: &str) -> f64 {
        self.or(name, 0.0)
    }

    fn or(&self, name: &str, absent: f64) -> f64 {
        self.0.get(name).copied().unwrap_or(absent)
    }

    fn limit(&self) -> Option<f64> {
        self.0.get("limit").copied()
    }

    fn per_row(&self, name: &str) -> QualCost {
        QualCost {
            startup: 0.0,
            per_tuple: self.get(name),
        }
    }

    fn input(&self) -> InputEstimate {
        self.side("input", "rows")
    }

    fn side(&self, name: &str, rows: &str) -> InputEstimate {
        InputEstimate {
            cost: Cost {
                startup: self.get(&format!("{name}_startup")),
                total: self.get(name),
            },
            rows: self.get(rows),
            width: self.get("width") as u32,
        }
    }

    fn access(&self) -> IndexAccessInput {
        IndexAccessInput {
            index_pages: self.get("index_pages"),
            index_tuples: self.get("entries"),
            tree_height: self.get("height"),
            table_tuples: self.get("rows"),
            boundary_selectivity: self.get("found") / self.get("rows"),
            unique_match: self.get("unique") > 0.0,
            descents: self.or("descents", 1.0),
            bounding_descents: self.or("descents", 1.0),
            loops: 1.0,
            conditions: 1.0,
            query_pages: self.get("pages"),
            ..IndexAccessInput::default()
        }
    }
}

enum Result {
    Cost(Cost),
    Number(f64),
}

fn work_out(formula: &str, given: &Given<'_>) -> Result {
    let settings = &PlannerSettings::default();
    let none = QualCost::default();
    Result::Cost(match formula {
        "seq_scan" => {
            let input = SeqScanInput {
                pages: given.get("pages"),
                tuples: given.get("rows"),
                rows: given.get("rows"),
                filter: given.per_row("conditions"),
                target: none,
            };
            seq_scan(settings, &input, &mut NoTerms)
        }
        "pages_fetched" => {
            let share = CacheShare {
                table_pages: given.get("query_pages"),
                index_pages: given.get("index_pages"),
            };
            let (rows, pages) = (given.get("rows"), given.get("pages"));
            return Result::Number(pages_fetched(settings, rows, pages, share));
        }
        "index_access" => index_access(settings, &given.access(), &mut NoTerms),
        "index_scan" => {
            let input = IndexScanInput {
                access: given.access(),
                selectivity: given.get("found") / given.get("rows"),
                correlation: given.get("correlation"),
                table_pages: given.get("pages"),
                rows: given.get("found"),
                ..IndexScanInput::default()
            };
            index_scan(settings, &input, &mut NoTerms)
        }
        "bitmap_heap" => {
            let input = BitmapHeapInput {
                bitmap: BitmapInput {
                    cost: given.get("index_cost"),
                    selectivity: given.get("found") / given.get("rows"),
                    index_rows: Some(given.get("found")),
                },
                table_pages: given.get("pages"),
                table_tuples: given.get("rows"),
                loops: 1.0,
                rows: given.get("found"),
                filter: given.per_row("conditions"),
                ..BitmapHeapInput::default()
            };
            bitmap_heap_scan(settings, &input, &mut NoTerms)
        }
        "sort" => {
            let input = SortInput {
                input: given.input(),
                limit: given.limit(),
            };
            sort(settings, &input, &mut NoTerms)
        }
        "incremental_sort" => {
            let input = IncrementalSortInput {
                input: given.input(),
                groups: given.get("groups"),
                limit: given.limit(),
            };
            incremental_sort(settings, &input, &mut NoTerms)
        }
        "nested_loop" => {
            let inner = given.side("inner", "inner_rows");
            let input = NestedLoopInput {
                outer: given.side("outer", "outer_rows"),
                inner,
                rescan: inner.cost,
                join: JoinKind::Inner,
                inner_unique: false,
                factors: MatchFactors::default(),
                indexed: true,
                conditions: none,
                rows: given.get("joined"),
                target: none,
            };
            nested_loop(settings, &input, &mut NoTerms)
        }
        "memoize_hits" => {
            let input = MemoizeInput {
                input: given.input(),
                calls: given.get("scans"),
                distinct_keys: given.get("keys"),
            };
            return Result::Number(memoize_hits(settings, &input).hit_ratio);
        }
        "hash_join" => {
            let input = HashJoinInput {
                outer: given.side("outer", "outer_rows"),
                inner: given.side("inner", "inner_rows"),
                join: JoinKind::Inner,
                inner_unique: true,
                factors: MatchFactors {
                    outer_fraction: given.get("matched"),
                    matches: given.get("inner_rows"),
                },
                clauses: 1.0,
                hash_conditions: QualCost {
                    startup: 0.0,
                    per_tuple: settings.cpu_operator_cost,
                },
                bucket_fraction: Some(given.get("bucket")),
                common_fraction: 0.0,
                matching_pairs: given.get("joined"),
                other_conditions: none,
                rows: given.get("joined"),
                target: none,
            };
            hash_join(settings, &input, &mut NoTerms)
        }
        "aggregate_sorted" | "aggregate_hashed" => {
            let input = AggregateInput {
                input: given.input(),
                strategy: if formula == "aggregate_hashed" {
                    AggregateStrategy::Hashed
                } else {
                    AggregateStrategy::Sorted
                },
                keys: given.get("keys"),
                groups: given.get("groups"),
                aggregates: AggregateCosts {
                    transition: given.per_row("steps"),
                    calls: 1.0,
                    ..AggregateCosts::default()
                },
                filter: none,
                target: none,
                rows: given.get("groups"),
            };
            aggregate(settings, &input, &mut NoTerms)
        }
        "limit" => {
            let input = LimitInput {
                input: given.input(),
                limit: LimitCount::Known(given.get("limit")),
                offset: LimitCount::None,
            };
            limit(&input, &mut NoTerms).0
        }
        unknown => {
            panic!("the document has an example of {unknown}, which this test does not know")
        }
    })
}

#[test]
fn the_documents_examples_are_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cost-model.md");
    let document = fs::read_to_string(path).unwrap();
    let mut examples = 0;
    let mut wrong = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        match line {
            "```cost" => inside = true,
            "```" => inside = false,
            example if inside => {
                examples += 1;
                let (question, answer) = example.split_once(" -> ").unwrap();
                let mut words = question.split_whitespace();
                let formula = words.next().unwrap();
                let given = words
                    .map(|word| {
                        let (name, value) = word.split_once('=').unwrap();
                        (name, value.parse::<f64>().unwrap())
                    })
                    .collect();
                let found = match work_out(formula, &Given(given)) {
                    Result::Cost(cost) => format!("{:.2}..{:.2}", cost.startup, cost.total),
                    Result::Number(number) if number.fract() == 0.0 => format!("{number}"),
                    Result::Number(number) => format!("{number:.4}"),
                };
                if found != answer {
                    wrong.push(format!("{example}\n    it is {found}"));
                }
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(examples >= 15, "{examples} examples found");
}
