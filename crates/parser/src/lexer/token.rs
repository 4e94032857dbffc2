//! The kinds of tokens, for the parser and for colouring.

use crate::{Span, keyword::Keyword};

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A word with a meaning in the grammar; it may still be used as a name.
    Keyword(Keyword),
    /// A name without quotes
    Identifier,
    /// `"Name"`
    QuotedIdentifier,
    /// `42`
    Integer,
    /// `1.5`, `.5`, `1e5`
    Decimal,
    /// `'text'`, with its continuations on further lines
    String,
    /// `E'text\n'`
    EscapeString,
    /// `$tag$text$tag$`
    DollarString,
    /// `B'01'`, `X'1F'`
    BitString,
    /// `U&'\0041'`, `U&"\0041"`
    UnicodeLiteral,
    /// `$1`
    Parameter,
    /// `+`, `<=`, `||`, …
    Operator,
    /// `(`
    LeftParenthesis,
    /// `)`
    RightParenthesis,
    /// `[`
    LeftBracket,
    /// `]`
    RightBracket,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `.`
    Dot,
    /// `..`
    DotDot,
    /// `:`
    Colon,
    /// `::`
    DoubleColon,
    /// `:=`
    ColonEquals,
    /// `=>`
    EqualsGreater,
    /// `-- …` or `/* … */`
    Comment,
    /// Something that no rule fits
    Error(LexError),
    /// The end of the text
    End,
}

/// Why a piece of text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexError {
    /// A character that starts nothing.
    UnexpectedCharacter,
    /// `'text`
    UnterminatedString,
    /// `B'01`
    UnterminatedBitString,
    /// `$$text`
    UnterminatedDollarString,
    /// `"name`
    UnterminatedIdentifier,
    /// `/* …`
    UnterminatedComment,
    /// `""`
    EmptyIdentifier,
    /// `1a`
    JunkAfterNumber,
    /// `$1a`
    JunkAfterParameter,
}

/// A coarser kind, for colouring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TokenClass {
    Keyword,
    Identifier,
    Number,
    String,
    Parameter,
    Operator,
    Punctuation,
    Comment,
    Error,
}

impl TokenKind {
    /// The colour a token should have.
    pub fn class(self) -> TokenClass {
        match self {
            Self::Keyword(_) => TokenClass::Keyword,
            Self::Identifier | Self::QuotedIdentifier => TokenClass::Identifier,
            Self::Integer | Self::Decimal => TokenClass::Number,
            Self::String
            | Self::EscapeString
            | Self::DollarString
            | Self::BitString
            | Self::UnicodeLiteral => TokenClass::String,
            Self::Parameter => TokenClass::Parameter,
            Self::Operator => TokenClass::Operator,
            Self::Comment => TokenClass::Comment,
            Self::Error(_) => TokenClass::Error,
            _ => TokenClass::Punctuation,
        }
    }
}
