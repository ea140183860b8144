//! usrsvc's own files: their syntax, what they mean here, and the exit codes its scripts rely on.

pub mod carry;
pub mod codes;
pub mod syntax;
