//! Where the parser stands in the text: look ahead, accept, expect, and how deep it is.
//!
//! Tokens are read as they are needed, so that a long script takes no memory for them. No rule
//! steps back: each decides by looking ahead.

use crate::keyword::{Keyword, KeywordClass};
use crate::lexer::{LexError, Lexer, Token, TokenKind};
use crate::{ErrorKind, MAX_HEIGHT, ParseError, Span};
use alloc::{collections::VecDeque, string::String, string::ToString, vec::Vec};

pub(crate) type Result<T> = core::result::Result<T, ParseError>;

/// How many rules may be inside each other. A nested subquery takes four.
const MAX_NESTING: u16 = 200;

/// Reads one text from front to back.
pub(crate) struct Parser<'t> {
    pub(crate) text: &'t str,
    lexer: Lexer<'t>,
    ahead: VecDeque<Token>,
    previous_end: u32,
    nesting: u16,
    /// Height of the highest tree finished since the rule at hand began.
    below: u16,
    /// Inside an expression that must stop before `NOT NULL` and the like.
    pub(crate) restricted: bool,
}

/// What [`Parser::enter`] hands to [`Parser::leave`].
#[must_use]
pub(crate) struct Level {
    below: u16,
    links: u16,
}

impl<'t> Parser<'t> {
    /// # Errors
    /// If `text` is longer than spans can count.
    pub(crate) fn new(text: &'t str) -> Result<Self> {
        if u32::try_from(text.len()).is_err() {
            return Err(ParseError::new(ErrorKind::TooLong, Span::default()));
        }
        Ok(Self {
            text,
            lexer: Lexer::new(text),
            ahead: VecDeque::with_capacity(8),
            previous_end: 0,
            nesting: 0,
            below: 0,
            restricted: false,
        })
    }

    /// Goes on at `offset` as if nothing had been read.
    pub(crate) fn restart_at(&mut self, offset: u32) {
        self.lexer.seek(offset as usize);
        self.ahead.clear();
        self.previous_end = offset;
        self.nesting = 0;
        self.below = 0;
        self.restricted = false;
    }

    fn fill(&mut self, upto: usize) {
        while self.ahead.len() <= upto {
            let token = self.lexer.next_token();
            if token.kind != TokenKind::Comment {
                self.ahead.push_back(token);
            }
        }
    }

    /// The token `places` after the next one.
    pub(crate) fn peek_at(&mut self, places: usize) -> Token {
        self.fill(places);
        *self.ahead.get(places).expect("fill reads up to this place")
    }

    /// The next token.
    #[inline]
    pub(crate) fn peek(&mut self) -> Token {
        match self.ahead.front() {
            Some(token) => *token,
            None => self.peek_at(0),
        }
    }

    pub(crate) fn kind(&mut self) -> TokenKind {
        self.peek().kind
    }

    /// The next token's keyword.
    pub(crate) fn keyword(&mut self) -> Option<Keyword> {
        self.keyword_at(0)
    }

    pub(crate) fn keyword_at(&mut self, places: usize) -> Option<Keyword> {
        match self.peek_at(places).kind {
            TokenKind::Keyword(keyword) => Some(keyword),
            _ => None,
        }
    }

    /// Takes the next token.
    pub(crate) fn advance(&mut self) -> Token {
        let token = self.peek();
        if token.kind != TokenKind::End {
            self.ahead.pop_front();
            self.previous_end = token.span.end;
        }
        token
    }

    /// Offset of the next token.
    pub(crate) fn start(&mut self) -> u32 {
        self.peek().span.start
    }

    /// From `start` to the end of the token taken last.
    pub(crate) fn since(&self, start: u32) -> Span {
        Span::new(start, self.previous_end.max(start))
    }

    pub(crate) fn at(&mut self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    pub(crate) fn at_word(&mut self, keyword: Keyword) -> bool {
        self.at(TokenKind::Keyword(keyword))
    }

    /// Whether the next keywords are `words`.
    pub(crate) fn at_words(&mut self, words: &[Keyword]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(place, word)| self.keyword_at(place) == Some(*word))
    }

    pub(crate) fn accept(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.advance();
        }
        found
    }

    pub(crate) fn accept_word(&mut self, keyword: Keyword) -> bool {
        self.accept(TokenKind::Keyword(keyword))
    }

    /// Takes `words` if all of them are next.
    pub(crate) fn accept_words(&mut self, words: &[Keyword]) -> bool {
        let found = self.at_words(words);
        if found {
            words.iter().for_each(|_| {
                self.advance();
            });
        }
        found
    }

    pub(crate) fn expect(&mut self, kind: TokenKind) -> Result<Token> {
        if self.at(kind) {
            Ok(self.advance())
        } else {
            Err(self.unexpected())
        }
    }

    pub(crate) fn expect_word(&mut self, keyword: Keyword) -> Result<Token> {
        self.expect(TokenKind::Keyword(keyword))
    }

    pub(crate) fn expect_words(&mut self, words: &[Keyword]) -> Result<()> {
        words
            .iter()
            .try_for_each(|word| self.expect_word(*word).map(drop))
    }

    /// The text of the next token if it is an operator.
    pub(crate) fn operator(&mut self) -> Option<&'t str> {
        let token = self.peek();
        (token.kind == TokenKind::Operator).then(|| token.span.of(self.text))
    }

    pub(crate) fn accept_operator(&mut self, symbol: &str) -> bool {
        let found = self.operator() == Some(symbol);
        if found {
            self.advance();
        }
        found
    }

    pub(crate) fn expect_operator(&mut self, symbol: &str) -> Result<()> {
        if self.accept_operator(symbol) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Whether the next token is a word of `class`, or a name if the class is unreserved.
    pub(crate) fn at_class(&mut self, classes: &[KeywordClass]) -> bool {
        match self.kind() {
            TokenKind::Identifier | TokenKind::QuotedIdentifier => true,
            TokenKind::Keyword(keyword) => classes.contains(&keyword.class()),
            _ => false,
        }
    }

    /// One or more `item`s with commas between.
    pub(crate) fn list<T>(&mut self, item: fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = Vec::new();
        loop {
            items.push(item(self)?);
            if !self.accept(TokenKind::Comma) {
                return Ok(items);
            }
        }
    }

    /// The same in brackets.
    pub(crate) fn bracketed<T>(&mut self, item: fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect(TokenKind::LeftParenthesis)?;
        let items = self.list(item)?;
        self.expect(TokenKind::RightParenthesis)?;
        Ok(items)
    }

    /// The same in brackets, or nothing if no bracket is next.
    pub(crate) fn optional_bracketed<T>(
        &mut self,
        item: fn(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        if self.at(TokenKind::LeftParenthesis) {
            self.bracketed(item)
        } else {
            Ok(Vec::new())
        }
    }

    /// The next token fits nowhere.
    #[cold]
    pub(crate) fn unexpected(&mut self) -> ParseError {
        let token = self.peek();
        let written = token.span.of(self.text);
        let near = |what| ErrorKind::Unterminated {
            what,
            token: written.to_string(),
        };
        let kind = match token.kind {
            TokenKind::End => ErrorKind::SyntaxAtEnd,
            TokenKind::Error(error) => match error {
                LexError::UnexpectedCharacter => ErrorKind::SyntaxNear {
                    token: written.into(),
                },
                LexError::UnterminatedString => near("unterminated quoted string"),
                LexError::UnterminatedBitString => near("unterminated bit string literal"),
                LexError::UnterminatedDollarString => near("unterminated dollar-quoted string"),
                LexError::UnterminatedIdentifier => near("unterminated quoted identifier"),
                LexError::UnterminatedComment => near("unterminated /* comment"),
                LexError::EmptyIdentifier => near("zero-length delimited identifier"),
                LexError::JunkAfterNumber => near("trailing junk after numeric literal"),
                LexError::JunkAfterParameter => near("trailing junk after parameter"),
            },
            _ => ErrorKind::SyntaxNear {
                token: written.into(),
            },
        };
        ParseError::new(kind, token.span)
    }

    /// A mistake with words of its own at `span`.
    #[cold]
    pub(crate) fn syntax(&self, message: &'static str, span: Span) -> ParseError {
        ParseError::new(ErrorKind::Syntax { message }, span)
    }

    /// A value that its clause does not know.
    #[cold]
    pub(crate) fn invalid(&self, message: impl Into<String>, span: Span) -> ParseError {
        ParseError::new(
            ErrorKind::InvalidParameter {
                message: message.into(),
            },
            span,
        )
    }

    /// A window frame whose ends are the wrong way round.
    #[cold]
    pub(crate) fn windowing(&self, message: &'static str, span: Span) -> ParseError {
        ParseError::new(ErrorKind::Windowing { message }, span)
    }

    /// PostgreSQL can do it, the grammar here cannot.
    #[cold]
    pub(crate) fn not_supported(&self, feature: impl Into<String>, span: Span) -> ParseError {
        ParseError::new(
            ErrorKind::NotSupported {
                feature: feature.into(),
            },
            span,
        )
    }

    /// The same, at the next token.
    #[cold]
    pub(crate) fn not_supported_here(&mut self, feature: &str) -> ParseError {
        let span = self.peek().span;
        self.not_supported(feature, span)
    }

    /// Begins a rule that may contain itself.
    ///
    /// # Errors
    /// If too many are open already.
    pub(crate) fn enter(&mut self) -> Result<Level> {
        if self.nesting >= MAX_NESTING {
            return Err(self.too_deep());
        }
        self.nesting += 1;
        Ok(Level {
            below: core::mem::take(&mut self.below),
            links: 1,
        })
    }

    /// Puts one more node on top of what the rule has built so far.
    ///
    /// # Errors
    /// If the tree grows too high.
    pub(crate) fn link(&mut self, level: &mut Level) -> Result<()> {
        level.links += 1;
        if self.below + level.links > MAX_HEIGHT {
            Err(self.too_deep())
        } else {
            Ok(())
        }
    }

    /// Ends the rule that began with `level`.
    pub(crate) fn leave(&mut self, level: Level) {
        self.nesting -= 1;
        self.below = level.below.max(self.below + level.links);
    }

    #[cold]
    fn too_deep(&mut self) -> ParseError {
        let span = self.peek().span;
        ParseError::new(ErrorKind::TooDeep, span)
    }
}
