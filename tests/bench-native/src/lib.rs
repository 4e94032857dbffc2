//! Tree and heap by themselves, beside yardsticks: `cargo bench -p bench-native`. All of it is in `benches/`.
//!
//! Why a package of its own: the yardsticks are compiled only for whoever measures, and none of them can enter the engine.
