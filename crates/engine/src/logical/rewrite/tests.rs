//! Rewriting, checked through the text of what comes out.
