//! Regular expressions: PostgreSQL's advanced ones as far as people write them by hand.
//!
//! Literals, `.`, classes with ranges and `[:alpha:]`, `\d \w \s` and capitals, `^ $`, groups, `|`, `* + ? {m,n}`. Not: back
//! references, look-around, word boundaries.
//!
//! Method: the pattern becomes a list of instructions, all threads of which run in step over the text (Thompson, "Regular Expression
//! Search Algorithm", 1968): O(text · pattern), no backtracking.

use super::Case;
use crate::error::{Error, ErrorCode};
use alloc::{boxed::Box, vec, vec::Vec};

/// Most instructions; `(a{1,99}){1,99}` is refused rather than run.
const MAX_PROGRAM: usize = 5_000;
/// Deepest nesting of groups.
const MAX_DEPTH: usize = 50;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Regex {
    program: Vec<Step>,
    case: Case,
}

#[derive(Clone, Debug)]
enum Step {
    Letter(char),
    Any,
    Class {
        negated: bool,
        ranges: Box<[(char, char)]>,
    },
    Start,
    End,
    /// Both ways.
    Split(usize, usize),
    Jump(usize),
    Match,
}

fn invalid(why: &str) -> Error {
    // PostgreSQL's 2201B has no code of its own here.
    Error::new(
        ErrorCode::InvalidParameterValue,
        alloc::format!("invalid regular expression: {why}"),
    )
}

impl Regex {
    /// Compiles. 22023 if it is no pattern, 0A000 for what is not supported.
    pub fn new(pattern: &str, case: Case) -> Result<Self, Error> {
        let mut parser = Parser {
            letters: pattern.chars().collect(),
            at: 0,
            program: Vec::new(),
            case,
        };
        parser.alternatives(0)?;
        if parser.at < parser.letters.len() {
            return Err(invalid("parentheses () not balanced"));
        }
        parser.program.push(Step::Match);
        Ok(Self {
            program: parser.program,
            case,
        })
    }

    /// Whether some part of the text matches.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        (0..=text.len())
            .find(|&at| text.is_char_boundary(at))
            .is_some_and(|_| self.search(text, 0, true).is_some())
    }

    /// First match at or after byte `from`: its bytes, leftmost and longest.
    #[must_use]
    pub fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        let mut start = from;
        while start <= text.len() {
            if let Some(end) = self.longest_from(text, start) {
                return Some((start, end));
            }
            start += text.get(start..)?.chars().next().map_or(1, char::len_utf8);
        }
        None
    }

    fn fold(&self, letter: char) -> char {
        match self.case {
            Case::Sensitive => letter,
            Case::Insensitive => letter.to_lowercase().next().unwrap_or(letter),
        }
    }

    /// End of the longest match that starts exactly at `start`.
    fn longest_from(&self, text: &str, start: usize) -> Option<usize> {
        self.run(text, start, false, false)
    }

    fn search(&self, text: &str, start: usize, any_end: bool) -> Option<usize> {
        self.run(text, start, true, any_end)
    }

    /// All threads in step. `float`: a new thread starts at every letter; `any_end`: the first match is good enough.
    fn run(&self, text: &str, start: usize, float: bool, any_end: bool) -> Option<usize> {
        let mut threads: Vec<usize> = Vec::new();
        let mut next: Vec<usize> = Vec::new();
        let mut seen = vec![usize::MAX; self.program.len()];
        let mut stack = Vec::new();
        let mut best = None;
        let mut at = start;
        let mut first = true;
        loop {
            if first || float {
                self.follow(0, at, text.len(), &mut threads, &mut seen, &mut stack);
            }
            first = false;
            if threads
                .iter()
                .any(|&pc| matches!(self.program[pc], Step::Match))
            {
                best = Some(at);
                if any_end {
                    return best;
                }
            }
            let letter = text.get(at..)?.chars().next();
            let Some(letter) = letter else { return best };
            if threads.is_empty() && !float {
                return best;
            }
            let folded = self.fold(letter);
            let after = at + letter.len_utf8();
            next.clear();
            seen.fill(usize::MAX);
            for &pc in &threads {
                if self.takes(pc, folded) {
                    self.follow(pc + 1, after, text.len(), &mut next, &mut seen, &mut stack);
                }
            }
            core::mem::swap(&mut threads, &mut next);
            at = after;
        }
    }

    fn takes(&self, pc: usize, letter: char) -> bool {
        match &self.program[pc] {
            Step::Letter(want) => *want == letter,
            Step::Any => true,
            Step::Class { negated, ranges } => {
                ranges
                    .iter()
                    .any(|&(low, high)| (low..=high).contains(&letter))
                    != *negated
            }
            _ => false,
        }
    }

    /// Adds an instruction and all that follow it without reading a letter.
    fn follow(
        &self,
        pc: usize,
        at: usize,
        length: usize,
        threads: &mut Vec<usize>,
        seen: &mut [usize],
        stack: &mut Vec<usize>,
    ) {
        stack.push(pc);
        while let Some(pc) = stack.pop() {
            if seen[pc] == at {
                continue;
            }
            seen[pc] = at;
            match self.program[pc] {
                Step::Jump(to) => stack.push(to),
                Step::Split(a, b) => stack.extend([b, a]),
                Step::Start if at == 0 => stack.push(pc + 1),
                Step::End if at == length => stack.push(pc + 1),
                Step::Start | Step::End => {}
                _ => threads.push(pc),
            }
        }
    }
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    program: Vec<Step>,
    case: Case,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn eat(&mut self, letter: char) -> bool {
        let found = self.peek() == Some(letter);
        self.at += usize::from(found);
        found
    }

    fn push(&mut self, step: Step) -> Result<(), Error> {
        if self.program.len() >= MAX_PROGRAM {
            return Err(invalid("regular expression is too complex"));
        }
        self.program.push(step);
        Ok(())
    }

    /// Makes room at `at` for one instruction; jumps beyond move along.
    fn insert(&mut self, at: usize, step: Step) -> Result<(), Error> {
        self.push(Step::Match)?;
        self.program.pop();
        shift(&mut self.program[at..], at, 1);
        self.program.insert(at, step);
        Ok(())
    }

    fn alternatives(&mut self, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(invalid("regular expression is too complex"));
        }
        let start = self.program.len();
        self.sequence(depth)?;
        let mut exits = Vec::new();
        let mut branch = start;
        while self.eat('|') {
            let length = self.program.len();
            self.insert(branch, Step::Split(branch + 1, length + 2))?;
            exits.push(self.program.len());
            self.push(Step::Jump(usize::MAX))?;
            branch = self.program.len();
            self.sequence(depth)?;
        }
        let end = self.program.len();
        for exit in exits {
            self.program[exit] = Step::Jump(end);
        }
        Ok(())
    }

    fn sequence(&mut self, depth: usize) -> Result<(), Error> {
        while let Some(letter) = self.peek() {
            if letter == '|' || letter == ')' {
                break;
            }
            let start = self.program.len();
            self.atom(depth)?;
            self.repetition(start)?;
        }
        Ok(())
    }

    fn atom(&mut self, depth: usize) -> Result<(), Error> {
        let Some(letter) = self.peek() else {
            return Ok(());
        };
        self.at += 1;
        match letter {
            '(' => {
                if self.eat('?') && !self.eat(':') {
                    return Err(Error::new(
                        ErrorCode::FeatureNotSupported,
                        "look-around in regular expressions is not supported",
                    ));
                }
                self.alternatives(depth + 1)?;
                if !self.eat(')') {
                    return Err(invalid("parentheses () not balanced"));
                }
                Ok(())
            }
            '.' => self.push(Step::Any),
            '^' => self.push(Step::Start),
            '$' => self.push(Step::End),
            '[' => self.class(),
            '\\' => self.escape(),
            '*' | '+' | '?' => Err(invalid("quantifier operand invalid")),
            letter => self.literal(letter),
        }
    }

    fn literal(&mut self, letter: char) -> Result<(), Error> {
        let letter = match self.case {
            Case::Sensitive => letter,
            Case::Insensitive => letter.to_lowercase().next().unwrap_or(letter),
        };
        self.push(Step::Letter(letter))
    }

    fn escape(&mut self) -> Result<(), Error> {
        let Some(letter) = self.peek() else {
            return Err(invalid("invalid escape \\ sequence"));
        };
        self.at += 1;
        let (negated, ranges) = match letter {
            'd' | 'D' => (letter == 'D', named("digit")),
            'w' | 'W' => (letter == 'W', named("word")),
            's' | 'S' => (letter == 'S', named("space")),
            'n' => return self.literal('\n'),
            't' => return self.literal('\t'),
            'r' => return self.literal('\r'),
            letter if letter.is_ascii_alphanumeric() => {
                return Err(Error::new(
                    ErrorCode::FeatureNotSupported,
                    alloc::format!("\\{letter} in regular expressions is not supported"),
                ));
            }
            letter => return self.literal(letter),
        };
        let ranges = ranges.unwrap_or_default().into();
        self.push(Step::Class { negated, ranges })
    }

    fn class(&mut self) -> Result<(), Error> {
        let unbalanced = || invalid("brackets [] not balanced");
        let negated = self.eat('^');
        let mut ranges: Vec<(char, char)> = Vec::new();
        let mut first = true;
        loop {
            let letter = self.peek().ok_or_else(unbalanced)?;
            self.at += 1;
            if letter == ']' && !first {
                break;
            }
            first = false;
            if letter == '[' && self.eat(':') {
                let rest = self.letters.get(self.at..).unwrap_or(&[]);
                let length = rest.iter().position(|l| *l == ':').ok_or_else(unbalanced)?;
                let name: alloc::string::String = rest[..length].iter().collect();
                self.at += length + 1;
                if !self.eat(']') {
                    return Err(unbalanced());
                }
                ranges.extend(named(&name).ok_or_else(|| invalid("invalid character class"))?);
                continue;
            }
            let low = if letter == '\\' {
                let escaped = self.peek().ok_or_else(unbalanced)?;
                self.at += 1;
                let class = match escaped {
                    'd' => named("digit"),
                    'w' => named("word"),
                    's' => named("space"),
                    _ => None,
                };
                if let Some(class) = class {
                    ranges.extend(class);
                    continue;
                }
                match escaped {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                }
            } else {
                letter
            };
            if self.peek() == Some('-') && self.letters.get(self.at + 1).is_some_and(|l| *l != ']')
            {
                let high = self.letters[self.at + 1];
                self.at += 2;
                if low > high {
                    return Err(invalid("invalid character range"));
                }
                ranges.push((low, high));
            } else {
                ranges.push((low, low));
            }
        }
        if self.case == Case::Insensitive {
            // Text is folded to small letters: ranges of capitals must hold those.
            let folded: Vec<(char, char)> = ranges
                .iter()
                .filter(|(low, high)| low.is_ascii_uppercase() && high.is_ascii_uppercase())
                .map(|(low, high)| (low.to_ascii_lowercase(), high.to_ascii_lowercase()))
                .collect();
            ranges.extend(folded);
        }
        self.push(Step::Class {
            negated,
            ranges: ranges.into(),
        })
    }

    fn repetition(&mut self, start: usize) -> Result<(), Error> {
        loop {
            let (low, high) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{')
                    if self
                        .letters
                        .get(self.at + 1)
                        .is_some_and(char::is_ascii_digit) =>
                {
                    self.at += 1;
                    let low = self.number()?;
                    let high = if self.eat(',') {
                        if self.peek() == Some('}') {
                            None
                        } else {
                            Some(self.number()?)
                        }
                    } else {
                        Some(low)
                    };
                    if self.peek() != Some('}') || high.is_some_and(|high| high < low) {
                        return Err(invalid("invalid repetition count(s)"));
                    }
                    (low, high)
                }
                _ => return Ok(()),
            };
            self.at += 1;
            // Whether as few as possible are taken changes no yes-or-no answer.
            let _ = self.eat('?');
            self.repeat(start, low, high)?;
        }
    }

    fn number(&mut self) -> Result<usize, Error> {
        let mut value = 0;
        while let Some(digit) = self.peek().and_then(|letter| letter.to_digit(10)) {
            value = value * 10 + digit as usize;
            self.at += 1;
            if value > 255 {
                return Err(invalid("invalid repetition count(s)"));
            }
        }
        Ok(value)
    }

    /// Replaces the piece from `start` by `low` copies and optional ones up to `high`, or a loop.
    fn repeat(&mut self, start: usize, low: usize, high: Option<usize>) -> Result<(), Error> {
        let piece: Vec<Step> = self.program.split_off(start);
        for _ in 0..low {
            self.copy(&piece, start)?;
        }
        match high {
            None => {
                let split = self.program.len();
                self.push(Step::Split(split + 1, split + piece.len() + 2))?;
                self.copy(&piece, start)?;
                self.push(Step::Jump(split))
            }
            Some(high) => {
                for _ in low..high {
                    let split = self.program.len();
                    self.push(Step::Split(split + 1, split + piece.len() + 1))?;
                    self.copy(&piece, start)?;
                }
                Ok(())
            }
        }
    }

    fn copy(&mut self, piece: &[Step], from: usize) -> Result<(), Error> {
        let to = self.program.len();
        if to + piece.len() > MAX_PROGRAM {
            return Err(invalid("regular expression is too complex"));
        }
        let mut copied = piece.to_vec();
        shift(&mut copied, from, to - from);
        self.program.extend(copied);
        Ok(())
    }
}

/// Moves the targets at or beyond `from` by `by`.
fn shift(steps: &mut [Step], from: usize, by: usize) {
    let moved = |target: usize| {
        if target >= from && target != usize::MAX {
            target + by
        } else {
            target
        }
    };
    for step in steps {
        match step {
            Step::Jump(to) => *to = moved(*to),
            Step::Split(a, b) => {
                *a = moved(*a);
                *b = moved(*b);
            }
            _ => {}
        }
    }
}

fn named(name: &str) -> Option<Vec<(char, char)>> {
    Some(match name {
        "digit" => vec![('0', '9')],
        "alpha" => vec![('a', 'z'), ('A', 'Z'), ('\u{80}', char::MAX)],
        "alnum" => vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('\u{80}', char::MAX)],
        "word" => vec![
            ('a', 'z'),
            ('A', 'Z'),
            ('0', '9'),
            ('_', '_'),
            ('\u{80}', char::MAX),
        ],
        "space" => vec![(' ', ' '), ('\t', '\r')],
        "blank" => vec![(' ', ' '), ('\t', '\t')],
        "upper" => vec![('A', 'Z')],
        "lower" => vec![('a', 'z')],
        "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "xdigit" => vec![('0', '9'), ('a', 'f'), ('A', 'F')],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Case, Regex};

    fn matches(pattern: &str, text: &str) -> bool {
        Regex::new(pattern, Case::Sensitive).unwrap().is_match(text)
    }

    #[test]
    fn patterns_match_somewhere_unless_anchored() {
        for (pattern, text, expected) in [
            ("b", "abc", true),
            ("^b", "abc", false),
            ("c$", "abc", true),
            ("^a.c$", "abc", true),
            ("", "", true),
            ("^(ab|cd)+$", "abcdab", true),
            ("^(ab|cd|ef)+$", "abefcd", true),
            ("^(ab|cd)+$", "abc", false),
            ("^a*$", "aaaa", true),
            ("^a{2,3}$", "a", false),
            ("^a{2,3}$", "aaa", true),
            ("^a{2,3}$", "aaaa", false),
            ("^[a-c]+[^x]$", "abcd", true),
            ("^\\d+-\\w+$", "12-ab_3", true),
            ("[[:space:]]", "a b", true),
            ("^x?y$", "y", true),
            ("a\\.b", "a.b", true),
            ("a\\.b", "axb", false),
            ("^(a|b|)c$", "c", true),
            ("^((a|b)c){2}$", "acbc", true),
            ("^a|b$", "xb", true),
            ("^[]a]$", "]", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn hostile_patterns_end_quickly_or_are_refused() {
        assert!(matches("^(a*)*$", &"a".repeat(500)));
        assert!(!matches(
            "^(a|aa)+$",
            &alloc::format!("{}b", "a".repeat(500))
        ));
        assert!(Regex::new("((a{1,99}){1,99}){1,99}", Case::Sensitive).is_err());
        assert!(Regex::new(&"(".repeat(9999), Case::Sensitive).is_err());
        assert!(Regex::new("a)", Case::Sensitive).is_err());
        assert!(Regex::new("[a", Case::Sensitive).is_err());
    }

    #[test]
    fn the_leftmost_longest_match_is_found() {
        let regex = Regex::new("a+", Case::Sensitive).unwrap();
        assert_eq!(regex.find("xaaay", 0), Some((1, 4)));
        assert_eq!(regex.find("xaaay", 4), None);
    }
}
