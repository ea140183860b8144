//! The map, in reading order. Imports only ever point down this list.
//!
//! * [`cli`]: the words one can type; one match onto the stories.
//! * [`say`]: the only printer: text, tables, JSON.
//! * [`alert`], [`cluster`], [`place`], [`shim`], [`look`], [`doctor`], [`install`], [`manager`], [`relay`], [`revise`], [`supervise`], [`volume`], [`ingress`], `web`: the stories: look, decide, do, report.
//! * [`decide`]: what to do next. Pure: facts in, a decision out.
//! * [`host`]: the hands. One file or folder per thing outside this process.
//! * [`model`]: the nouns everyone shares. Imports nothing of ours.

#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod cli;
pub mod say;

pub mod alert;
pub mod cluster;
pub mod doctor;
pub mod ingress;
pub mod install;
pub mod look;
pub mod manager;
pub mod place;
pub mod relay;
pub mod revise;
pub mod shim;
pub mod supervise;
pub mod volume;
#[cfg(feature = "web")]
pub mod web;

pub mod decide;
pub mod host;
pub mod model;
