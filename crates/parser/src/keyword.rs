//! PostgreSQL's keywords and what each may still name.
//!
//! Keywords of PostgreSQL that no rule here asks for and that may name anything are left out:
//! they are plain names. The classes are those of PostgreSQL's `src/include/parser/kwlist.h`.

/// What a keyword may name without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeywordClass {
    /// Anything.
    Unreserved,
    /// Columns and tables, but no function or type.
    ColumnName,
    /// Functions and types, but no column or table.
    TypeOrFunctionName,
    /// Nothing, except as a label after `AS`.
    Reserved,
}

macro_rules! keywords {
    ($($variant:ident $text:literal $class:ident,)*) => {
        /// A word with a meaning in the grammar.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the names are SQL's own words")]
        #[repr(u16)]
        pub enum Keyword { $($variant,)* }

        /// Sorted by text: the search below relies on it.
        static TABLE: &[(&str, Keyword, u8)] = &[$(($text, Keyword::$variant, $class),)*];
    };
}

const LABEL_NEEDS_AS: u8 = 4;
const UB: u8 = 0;
const CB: u8 = 1;
const TB: u8 = 2;
const RB: u8 = 3;
const UA: u8 = UB | LABEL_NEEDS_AS;
const CA: u8 = CB | LABEL_NEEDS_AS;
const TA: u8 = TB | LABEL_NEEDS_AS;
const RA: u8 = RB | LABEL_NEEDS_AS;

keywords! {
    Abort "abort" UB, Action "action" UB, Add "add" UB, Admin "admin" UB, After "after" UB,
    Aggregate "aggregate" UB, All "all" RB, Alter "alter" UB, Always "always" UB,
    Analyse "analyse" RB, Analyze "analyze" RB, And "and" RB, Any "any" RB, Array "array" RA,
    As "as" RA, Asc "asc" RB, Asensitive "asensitive" UB, Asymmetric "asymmetric" RB, At "at" UB,
    Authorization "authorization" TB, Before "before" UB, Begin "begin" UB, Between "between" CB,
    Bigint "bigint" CB, Binary "binary" TB, Bit "bit" CB, Boolean "boolean" CB, Both "both" RB,
    By "by" UB, Cache "cache" UB, Call "call" UB, Cascade "cascade" UB, Case "case" RB,
    Cast "cast" RB, Chain "chain" UB, Char "char" CA, Character "character" CA, Check "check" RB,
    Checkpoint "checkpoint" UB, Close "close" UB, Cluster "cluster" UB, Coalesce "coalesce" CB,
    Collate "collate" RB, Collation "collation" TB, Column "column" RB, Columns "columns" UB,
    Comment "comment" UB, Comments "comments" UB, Commit "commit" UB, Committed "committed" UB,
    Compression "compression" UB, Concurrently "concurrently" TB, Conflict "conflict" UB,
    Constraint "constraint" RB, Constraints "constraints" UB, Continue "continue" UB,
    Copy "copy" UB, Create "create" RA, Cross "cross" TB, Csv "csv" UB, Cube "cube" UB,
    Current "current" UB, CurrentCatalog "current_catalog" RB, CurrentDate "current_date" RB,
    CurrentRole "current_role" RB, CurrentSchema "current_schema" TB,
    CurrentTime "current_time" RB, CurrentTimestamp "current_timestamp" RB,
    CurrentUser "current_user" RB, Cursor "cursor" UB, Cycle "cycle" UB, Data "data" UB,
    Database "database" UB, Day "day" UA, Deallocate "deallocate" UB, Dec "dec" CB,
    Decimal "decimal" CB, Declare "declare" UB, Default "default" RB, Deferrable "deferrable" RB,
    Deferred "deferred" UB, Delete "delete" UB, Delimiter "delimiter" UB,
    Delimiters "delimiters" UB, Depth "depth" UB, Desc "desc" RB, Detach "detach" UB,
    Discard "discard" UB, Distinct "distinct" RB, Do "do" RB, Domain "domain" UB,
    Double "double" UB, Drop "drop" UB, Each "each" UB, Else "else" RB, Encoding "encoding" UB,
    End "end" RB, Enum "enum" UB, Escape "escape" UB, Except "except" RA, Exclude "exclude" UB,
    Excluding "excluding" UB, Execute "execute" UB, Exists "exists" CB, Explain "explain" UB,
    Expression "expression" UB, Extension "extension" UB, External "external" UB,
    Extract "extract" CB, False "false" RB, Fetch "fetch" RA, Filter "filter" UA, First "first" UB,
    Float "float" CB, Following "following" UB, For "for" RA, Force "force" UB,
    Foreign "foreign" RB, Freeze "freeze" TB, From "from" RA, Full "full" TB,
    Function "function" UB, Generated "generated" UB, Global "global" UB, Grant "grant" RA,
    Greatest "greatest" CB, Group "group" RA, Grouping "grouping" CB, Groups "groups" UB,
    Having "having" RA, Header "header" UB, Hold "hold" UB, Hour "hour" UA, Identity "identity" UB,
    If "if" UB, Ilike "ilike" TB, Immediate "immediate" UB, Import "import" UB, In "in" RB,
    Include "include" UB, Including "including" UB, Increment "increment" UB, Index "index" UB,
    Inherit "inherit" UB, Inherits "inherits" UB, Initially "initially" RB, Inner "inner" TB,
    Inout "inout" CB, Insert "insert" UB, Int "int" CB, Integer "integer" CB,
    Intersect "intersect" RA, Interval "interval" CB, Into "into" RA, Is "is" TB,
    Isnull "isnull" TA, Isolation "isolation" UB, Join "join" TB, Key "key" UB,
    Language "language" UB, Last "last" UB, Lateral "lateral" RB, Leading "leading" RB,
    Leakproof "leakproof" UB, Least "least" CB, Left "left" TB, Level "level" UB, Like "like" TB,
    Limit "limit" RA, Listen "listen" UB, Load "load" UB, Local "local" UB,
    Localtime "localtime" RB, Localtimestamp "localtimestamp" RB, Location "location" UB,
    Lock "lock" UB, Locked "locked" UB, Logged "logged" UB, Mapping "mapping" UB, Match "match" UB,
    Materialized "materialized" UB, Maxvalue "maxvalue" UB, Merge "merge" UB, Method "method" UB,
    Minute "minute" UA, Minvalue "minvalue" UB, Mode "mode" UB, Month "month" UA, Move "move" UB,
    Name "name" UB, Names "names" UB, National "national" CB, Natural "natural" TB,
    Nchar "nchar" CB, New "new" UB, Next "next" UB, Nfc "nfc" UB, No "no" UB, None "none" CB,
    Normalize "normalize" CB, Not "not" RB, Nothing "nothing" UB, Notify "notify" UB,
    Notnull "notnull" TA, Nowait "nowait" UB, Null "null" RB, Nullif "nullif" CB, Nulls "nulls" UB,
    Numeric "numeric" CB, Object "object" UB, Of "of" UB, Off "off" UB, Offset "offset" RA,
    Oids "oids" UB, Old "old" UB, On "on" RA, Only "only" RB, Operator "operator" UB,
    Option "option" UB, Options "options" UB, Or "or" RB, Order "order" RA,
    Ordinality "ordinality" UB, Others "others" UB, Out "out" CB, Outer "outer" TB, Over "over" UA,
    Overlaps "overlaps" TA, Overlay "overlay" CB, Overriding "overriding" UB, Owned "owned" UB,
    Owner "owner" UB, Parallel "parallel" UB, Partition "partition" UB, Password "password" UB,
    Placing "placing" RB, Policy "policy" UB, Position "position" CB, Preceding "preceding" UB,
    Precision "precision" CA, Prepare "prepare" UB, Prepared "prepared" UB, Preserve "preserve" UB,
    Primary "primary" RB, Procedure "procedure" UB, Procedures "procedures" UB,
    Program "program" UB, Publication "publication" UB, Quote "quote" UB, Range "range" UB,
    Read "read" UB, Real "real" CB, Reassign "reassign" UB, Recheck "recheck" UB,
    Recursive "recursive" UB, References "references" RB, Refresh "refresh" UB,
    Reindex "reindex" UB, Relative "relative" UB, Release "release" UB, Rename "rename" UB,
    Repeatable "repeatable" UB, Replace "replace" UB, Replica "replica" UB, Reset "reset" UB,
    Restart "restart" UB, Restrict "restrict" UB, Return "return" UB, Returning "returning" RA,
    Revoke "revoke" UB, Right "right" TB, Role "role" UB, Rollback "rollback" UB,
    Rollup "rollup" UB, Row "row" CB, Rows "rows" UB, Rule "rule" UB, Savepoint "savepoint" UB,
    Schema "schema" UB, Scroll "scroll" UB, Search "search" UB, Second "second" UA,
    Security "security" UB, Select "select" RB, Sequence "sequence" UB, Sequences "sequences" UB,
    Serializable "serializable" UB, Server "server" UB, Session "session" UB,
    SessionUser "session_user" RB, Set "set" UB, Setof "setof" CB, Sets "sets" UB,
    Share "share" UB, Show "show" UB, Similar "similar" TB, Simple "simple" UB, Skip "skip" UB,
    Smallint "smallint" CB, Snapshot "snapshot" UB, Some "some" RB, Sql "sql" UB,
    Stable "stable" UB, Standalone "standalone" UB, Start "start" UB, Statement "statement" UB,
    Statistics "statistics" UB, Stdin "stdin" UB, Stdout "stdout" UB, Storage "storage" UB,
    Stored "stored" UB, Strict "strict" UB, Subscription "subscription" UB,
    Substring "substring" CB, Support "support" UB, Symmetric "symmetric" RB, Sysid "sysid" UB,
    System "system" UB, Table "table" RB, Tables "tables" UB, Tablesample "tablesample" TB,
    Tablespace "tablespace" UB, Temp "temp" UB, Template "template" UB, Temporary "temporary" UB,
    Text "text" UB, Then "then" RB, Ties "ties" UB, Time "time" CB, Timestamp "timestamp" CB,
    To "to" RA, Trailing "trailing" RB, Transaction "transaction" UB, Transform "transform" UB,
    Treat "treat" CB, Trigger "trigger" UB, Trim "trim" CB, True "true" RB, Truncate "truncate" UB,
    Trusted "trusted" UB, Type "type" UB, Types "types" UB, Uescape "uescape" UB,
    Unbounded "unbounded" UB, Uncommitted "uncommitted" UB, Unencrypted "unencrypted" UB,
    Union "union" RA, Unique "unique" RB, Unknown "unknown" UB, Unlisten "unlisten" UB,
    Unlogged "unlogged" UB, Until "until" UB, Update "update" UB, User "user" RB, Using "using" RB,
    Vacuum "vacuum" UB, Valid "valid" UB, Validate "validate" UB, Validator "validator" UB,
    Value "value" UB, Values "values" CB, Varchar "varchar" CB, Variadic "variadic" RB,
    Varying "varying" UA, Verbose "verbose" TB, Version "version" UB, View "view" UB,
    Views "views" UB, Volatile "volatile" UB, When "when" RB, Where "where" RA, Window "window" RA,
    With "with" RA, Within "within" UA, Without "without" UA, Work "work" UB, Write "write" UB,
    Xmlattributes "xmlattributes" CB, Xmlconcat "xmlconcat" CB, Xmlelement "xmlelement" CB,
    Xmlexists "xmlexists" CB, Xmlforest "xmlforest" CB, Xmlparse "xmlparse" CB, Xmlpi "xmlpi" CB,
    Xmlroot "xmlroot" CB, Xmlserialize "xmlserialize" CB, Xmltable "xmltable" CB, Year "year" UA,
    Yes "yes" UB, Zone "zone" UB,
}

const LONGEST: usize = 17;

/// First entry of `TABLE` for each letter, and the end after the last.
static BUCKETS: [u16; 27] = buckets();

const fn buckets() -> [u16; 27] {
    let mut starts = [0; 27];
    let mut letter = 0;
    let mut entry = 0;
    while letter < 27 {
        while entry < TABLE.len() && TABLE[entry].0.as_bytes()[0] < b'a' + letter as u8 {
            entry += 1;
        }
        starts[letter] = entry as u16;
        letter += 1;
    }
    starts
}

impl Keyword {
    /// The keyword that `word` is, in whatever case. O(log n) in the keywords of one letter.
    pub fn find(word: &str) -> Option<Self> {
        let bytes = word.as_bytes();
        let mut buffer = [0; LONGEST];
        let lower = buffer.get_mut(..bytes.len())?;
        lower.copy_from_slice(bytes);
        lower.make_ascii_lowercase();
        let letter = usize::from(lower.first()?.checked_sub(b'a')?);
        let first = usize::from(*BUCKETS.get(letter)?);
        let bucket = TABLE.get(first..usize::from(*BUCKETS.get(letter + 1)?))?;
        let found = bucket
            .binary_search_by(|entry| entry.0.as_bytes().cmp(lower))
            .ok()?;
        bucket.get(found).map(|entry| entry.1)
    }

    /// The keyword in lower case.
    pub fn text(self) -> &'static str {
        self.entry().0
    }

    /// What the keyword may name without quotes.
    pub fn class(self) -> KeywordClass {
        match self.entry().2 & RB {
            UB => KeywordClass::Unreserved,
            CB => KeywordClass::ColumnName,
            TB => KeywordClass::TypeOrFunctionName,
            _ => KeywordClass::Reserved,
        }
    }

    /// Whether it may label a column without `AS` before it.
    pub fn is_bare_label(self) -> bool {
        self.entry().2 & LABEL_NEEDS_AS == 0
    }

    fn entry(self) -> &'static (&'static str, Self, u8) {
        TABLE
            .get(self as usize)
            .expect("the macro makes one entry for each keyword")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_entry_is_found() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(TABLE.iter().map(|entry| entry.0.len()).max(), Some(LONGEST));
        for (place, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.1 as usize, place);
            assert_eq!(Keyword::find(entry.0), Some(entry.1));
            assert_eq!(Keyword::find(&entry.0.to_ascii_uppercase()), Some(entry.1));
        }
    }

    #[test]
    fn words_that_are_no_keywords_are_not_found() {
        for word in [
            "",
            "a",
            "zz",
            "selects",
            "_select",
            "ünion",
            "aaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(Keyword::find(word), None, "{word}");
        }
    }

    #[test]
    fn classes_are_those_of_postgresql() {
        assert_eq!(Keyword::Year.class(), KeywordClass::Unreserved);
        assert_eq!(Keyword::Values.class(), KeywordClass::ColumnName);
        assert_eq!(Keyword::Left.class(), KeywordClass::TypeOrFunctionName);
        assert_eq!(Keyword::Select.class(), KeywordClass::Reserved);
        assert!(!Keyword::Year.is_bare_label());
        assert!(Keyword::Value.is_bare_label());
    }
}
