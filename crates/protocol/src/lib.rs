//! protocol.
#![no_std]
extern crate alloc;
