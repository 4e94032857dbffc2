//! pages.
#![no_std]
extern crate alloc;
