//! Whole texts: statements separated by semicolons, going on after each mistake.

use crate::ast::{CopyDirection, CopyEndpoint, Expression, Statement, StatementKind};
use crate::cursor::{Parser, Result};
use crate::lexer::{Lexer, TokenKind};
use crate::{ParseError, Span};
use alloc::{vec, vec::Vec};

/// What a text with any number of statements holds.
#[derive(Debug, PartialEq)]
pub struct Script {
    /// The statements in order, those with mistakes included.
    pub statements: Vec<ParsedStatement>,
}

impl Script {
    /// All mistakes, in the order of the text.
    pub fn errors(&self) -> impl Iterator<Item = &ParseError> {
        self.statements
            .iter()
            .filter_map(|parsed| parsed.statement.as_ref().err())
    }
}

/// One statement of a script.
#[derive(Debug, PartialEq)]
pub struct ParsedStatement {
    /// The statement, or why it is none.
    pub statement: core::result::Result<Statement, ParseError>,
    /// From its first token to its last, without the semicolon, also if it is wrong.
    pub span: Span,
    /// The lines that follow a `COPY … FROM STDIN` in the script up to `\.`, if they do.
    pub copy_data: Option<Span>,
}

/// Reads all statements of `text`. After a mistake it goes on behind the next semicolon. O(n).
pub fn parse_script(text: &str) -> Script {
    let mut parser = match Parser::new(text) {
        Ok(parser) => parser,
        Err(error) => {
            let span = error.span;
            let statement = Err(error);
            return Script {
                statements: vec![ParsedStatement {
                    statement,
                    span,
                    copy_data: None,
                }],
            };
        }
    };
    let mut statements = Vec::new();
    loop {
        while parser.accept(TokenKind::Semicolon) {}
        if parser.at(TokenKind::End) {
            return Script { statements };
        }
        statements.push(next_statement(&mut parser));
    }
}

fn next_statement(parser: &mut Parser<'_>) -> ParsedStatement {
    let start = parser.start();
    let statement = whole_statement(parser);
    if statement.is_err() {
        parser.restart_at(parser.since(start).end);
        while !parser.at(TokenKind::Semicolon) && !parser.at(TokenKind::End) {
            parser.advance();
        }
    }
    let span = parser.since(start);
    let copies = statement.as_ref().is_ok_and(reads_input) && parser.at(TokenKind::Semicolon);
    let copy_data = if copies { copy_data(parser) } else { None };
    ParsedStatement {
        statement,
        span,
        copy_data,
    }
}

fn whole_statement(parser: &mut Parser<'_>) -> Result<Statement> {
    let statement = parser.statement()?;
    if parser.at(TokenKind::Semicolon) || parser.at(TokenKind::End) {
        Ok(statement)
    } else {
        Err(parser.unexpected())
    }
}

fn reads_input(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Copy(copy) => {
            copy.direction == CopyDirection::From && copy.endpoint == CopyEndpoint::Standard
        }
        _ => false,
    }
}

/// The lines from behind the semicolon up to one that is `\.`, which the parser steps over.
fn copy_data(parser: &mut Parser<'_>) -> Option<Span> {
    let after = parser.peek().span.end;
    let rest = parser.text.get(after as usize..)?;
    let first_line = rest.find('\n')? + 1;
    if !rest.get(..first_line)?.trim().is_empty() {
        return None;
    }
    let start = after + first_line as u32;
    let mut at = start;
    for line in rest.get(first_line..)?.split_inclusive('\n') {
        let next = at + line.len() as u32;
        if line.trim_end_matches(['\n', '\r']) == "\\." {
            parser.restart_at(next);
            return Some(Span::new(start, at));
        }
        at = next;
    }
    None
}

/// Reads exactly one statement; one semicolon may follow.
///
/// # Errors
/// If `text` is no statement, or more than one.
pub fn parse_statement(text: &str) -> core::result::Result<Statement, ParseError> {
    let mut parser = Parser::new(text)?;
    while parser.accept(TokenKind::Semicolon) {}
    let statement = parser.statement()?;
    if parser.at(TokenKind::End) {
        return Ok(statement);
    }
    if !parser.at(TokenKind::Semicolon) {
        return Err(parser.unexpected());
    }
    while parser.accept(TokenKind::Semicolon) {}
    if parser.at(TokenKind::End) {
        return Ok(statement);
    }
    let rest = parser.peek().span;
    Err(parser.syntax(
        "cannot insert multiple commands into a prepared statement",
        rest,
    ))
}

/// Reads exactly one expression.
///
/// # Errors
/// If `text` is no expression, or more than one.
pub fn parse_expression(text: &str) -> core::result::Result<Expression, ParseError> {
    let mut parser = Parser::new(text)?;
    let found = parser.expression()?;
    if parser.at(TokenKind::End) {
        Ok(found)
    } else {
        Err(parser.unexpected())
    }
}

/// The statement that the cursor at byte `offset` is in or behind: from its first token to its
/// last, without the semicolon. None if there is no statement up to the next semicolon. O(n).
pub fn statement_at(text: &str, offset: usize) -> Option<Span> {
    let mut lexer = Lexer::new(text);
    let mut current: Option<Span> = None;
    loop {
        let token = lexer.next_token();
        match token.kind {
            TokenKind::Comment => {}
            TokenKind::Semicolon | TokenKind::End => {
                if offset <= token.span.start as usize || token.kind == TokenKind::End {
                    return current;
                }
                // Right behind the semicolon the cursor still belongs to what it ends.
                if offset == token.span.end as usize && current.is_some() {
                    return current;
                }
                current = None;
            }
            _ => current = Some(current.map_or(token.span, |span| span.to(token.span))),
        }
    }
}

#[cfg(test)]
mod tests;
