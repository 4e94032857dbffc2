//! How deep a syntax tree may be: one number for the parser and for everybody who walks its trees.

/// How high a syntax tree may be, counted in nodes from the top down, chains of operators, joins
/// and set operations included. Beyond it there is error 54001. Whoever walks a tree by recursion
/// has 1 MiB of stack for this many frames.
pub const MAX_HEIGHT: u16 = 400;
