//! The only printer: answers on stdout, talk on stderr.

pub mod doctor;
