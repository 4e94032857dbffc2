//! What the engine answers when it cannot: one error for the person, with SQLSTATE and place in the text.
//!
//! Why one flat type: whatever layer notices a mistake, a person needs the same four things: a code, a
//! sentence, a place, perhaps a hint. Each layer builds it through the constructors here.

use alloc::string::String;
use parser::Span;

/// PostgreSQL's five-letter SQLSTATE codes, those that the engine uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// 0A000
    FeatureNotSupported,
    /// 21000
    CardinalityViolation,
    /// 22001
    StringDataRightTruncation,
    /// 22003
    NumericValueOutOfRange,
    /// 22007
    InvalidDatetimeFormat,
    /// 22008
    DatetimeFieldOverflow,
    /// 22011
    SubstringError,
    /// 22012
    DivisionByZero,
    /// 2201E
    InvalidArgumentForLogarithm,
    /// 2201F
    InvalidArgumentForPowerFunction,
    /// 2201W
    InvalidRowCountInLimitClause,
    /// 2201X
    InvalidRowCountInResultOffsetClause,
    /// 22023
    InvalidParameterValue,
    /// 22025
    InvalidEscapeSequence,
    /// 22P02
    InvalidTextRepresentation,
    /// 22P04
    BadCopyFileFormat,
    /// 23502
    NotNullViolation,
    /// 23503
    ForeignKeyViolation,
    /// 23505
    UniqueViolation,
    /// 23514
    CheckViolation,
    /// 25001
    ActiveSqlTransaction,
    /// 25P01
    NoActiveSqlTransaction,
    /// 25P02
    InFailedSqlTransaction,
    /// 26000
    InvalidSqlStatementName,
    /// 2BP01
    DependentObjectsStillExist,
    /// 3B001
    InvalidSavepointSpecification,
    /// 42601
    SyntaxError,
    /// 42602
    InvalidName,
    /// 42611
    InvalidColumnDefinition,
    /// 42622
    NameTooLong,
    /// 42701
    DuplicateColumn,
    /// 42702
    AmbiguousColumn,
    /// 42703
    UndefinedColumn,
    /// 42704
    UndefinedObject,
    /// 42710
    DuplicateObject,
    /// 42712
    DuplicateAlias,
    /// 42723
    DuplicateFunction,
    /// 42725
    AmbiguousFunction,
    /// 42803
    GroupingError,
    /// 42804
    DatatypeMismatch,
    /// 42809
    WrongObjectType,
    /// 42830
    InvalidForeignKey,
    /// 42846
    CannotCoerce,
    /// 42883
    UndefinedFunction,
    /// 42P01
    UndefinedTable,
    /// 42P02
    UndefinedParameter,
    /// 42P05
    DuplicatePreparedStatement,
    /// 42P07
    DuplicateTable,
    /// 42P10
    InvalidColumnReference,
    /// 42P16
    InvalidTableDefinition,
    /// 42P17
    InvalidObjectDefinition,
    /// 42P18
    IndeterminateDatatype,
    /// 42P19
    InvalidRecursion,
    /// 42P20
    WindowingError,
    /// 53200
    OutOfMemory,
    /// 54000
    ProgramLimitExceeded,
    /// 54001
    StatementTooComplex,
    /// 54011
    TooManyColumns,
    /// 55000
    ObjectNotInPrerequisiteState,
    /// 57014
    QueryCanceled,
    /// XX000
    InternalError,
    /// XX001
    DataCorrupted,
    /// XX002
    IndexCorrupted,
}

impl ErrorCode {
    /// The five letters.
    #[must_use]
    pub const fn sqlstate(self) -> &'static str {
        match self {
            Self::FeatureNotSupported => "0A000",
            Self::CardinalityViolation => "21000",
            Self::StringDataRightTruncation => "22001",
            Self::NumericValueOutOfRange => "22003",
            Self::InvalidDatetimeFormat => "22007",
            Self::DatetimeFieldOverflow => "22008",
            Self::SubstringError => "22011",
            Self::DivisionByZero => "22012",
            Self::InvalidArgumentForLogarithm => "2201E",
            Self::InvalidArgumentForPowerFunction => "2201F",
            Self::InvalidRowCountInLimitClause => "2201W",
            Self::InvalidRowCountInResultOffsetClause => "2201X",
            Self::InvalidParameterValue => "22023",
            Self::InvalidEscapeSequence => "22025",
            Self::InvalidTextRepresentation => "22P02",
            Self::BadCopyFileFormat => "22P04",
            Self::NotNullViolation => "23502",
            Self::ForeignKeyViolation => "23503",
            Self::UniqueViolation => "23505",
            Self::CheckViolation => "23514",
            Self::ActiveSqlTransaction => "25001",
            Self::NoActiveSqlTransaction => "25P01",
            Self::InFailedSqlTransaction => "25P02",
            Self::InvalidSqlStatementName => "26000",
            Self::DependentObjectsStillExist => "2BP01",
            Self::InvalidSavepointSpecification => "3B001",
            Self::SyntaxError => "42601",
            Self::InvalidName => "42602",
            Self::InvalidColumnDefinition => "42611",
            Self::NameTooLong => "42622",
            Self::DuplicateColumn => "42701",
            Self::AmbiguousColumn => "42702",
            Self::UndefinedColumn => "42703",
            Self::UndefinedObject => "42704",
            Self::DuplicateObject => "42710",
            Self::DuplicateAlias => "42712",
            Self::DuplicateFunction => "42723",
            Self::AmbiguousFunction => "42725",
            Self::GroupingError => "42803",
            Self::DatatypeMismatch => "42804",
            Self::WrongObjectType => "42809",
            Self::InvalidForeignKey => "42830",
            Self::CannotCoerce => "42846",
            Self::UndefinedFunction => "42883",
            Self::UndefinedTable => "42P01",
            Self::UndefinedParameter => "42P02",
            Self::DuplicatePreparedStatement => "42P05",
            Self::DuplicateTable => "42P07",
            Self::InvalidColumnReference => "42P10",
            Self::InvalidTableDefinition => "42P16",
            Self::InvalidObjectDefinition => "42P17",
            Self::IndeterminateDatatype => "42P18",
            Self::InvalidRecursion => "42P19",
            Self::WindowingError => "42P20",
            Self::OutOfMemory => "53200",
            Self::ProgramLimitExceeded => "54000",
            Self::StatementTooComplex => "54001",
            Self::TooManyColumns => "54011",
            Self::ObjectNotInPrerequisiteState => "55000",
            Self::QueryCanceled => "57014",
            Self::InternalError => "XX000",
            Self::DataCorrupted => "XX001",
            Self::IndexCorrupted => "XX002",
        }
    }
}

/// Why a statement was refused or failed. `message` is PostgreSQL's wording where PostgreSQL has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// SQLSTATE.
    pub code: ErrorCode,
    /// One sentence, lower case, without a final stop.
    pub message: String,
    /// Where in the statement's text, in byte offsets.
    pub span: Option<Span>,
    /// A second sentence with the facts ("Key (id)=(3) already exists.").
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Error {
    /// An error without a place.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span: None,
            detail: None,
            hint: None,
        }
    }

    /// The same error, at a place; a place that is already known stays.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// The same error with a detail.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same error with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// 57014: the statement has had its time.
    #[must_use]
    pub fn timed_out() -> Self {
        Self::new(
            ErrorCode::QueryCanceled,
            "canceling statement due to statement timeout",
        )
    }

    /// 0A000 at a place: understood, not there yet.
    #[must_use]
    pub fn unsupported(what: &str, span: Span) -> Self {
        Self::new(
            ErrorCode::FeatureNotSupported,
            alloc::format!("{what} is not supported"),
        )
        .at(span)
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {}", self.code.sqlstate(), self.message)
    }
}

impl core::error::Error for Error {}

/// A failure of the storage, in words for a person.
pub(crate) fn storage_error(error: pages::StorageError) -> Error {
    use pages::StorageError;
    let code = match error {
        StorageError::OutOfMemory { .. } => ErrorCode::OutOfMemory,
        StorageError::TooManyPages
        | StorageError::RowTooLarge { .. }
        | StorageError::EntryTooLarge { .. } => ErrorCode::ProgramLimitExceeded,
        StorageError::Damaged { .. } => ErrorCode::DataCorrupted,
        _ => ErrorCode::InternalError,
    };
    let text = alloc::string::ToString::to_string(&error);
    if code == ErrorCode::OutOfMemory {
        return Error::new(code, "out of memory")
            .with_detail(alloc::format!("The database's {text}."))
            .with_hint("Raise \"database_memory_limit\", or drop or truncate what is not needed.");
    }
    Error::new(code, text)
}
