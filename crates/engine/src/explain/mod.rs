//! Plans as people read them: a tree of plain data, PostgreSQL's text, PostgreSQL's JSON.
