//! The files pages are made with, as web/build.mjs left them: bundled, hashed, compressed.

use crate::model::web::asset::Asset;

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Returns the address of the file called that; empty: there is none.
pub(super) fn address(stem: &str) -> String {
    let found = ALL.iter().find(|it| it.stem == stem);
    found.map_or_else(String::new, |it| format!("/assets/{}", it.name))
}
