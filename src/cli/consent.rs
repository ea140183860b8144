//! Whether to proceed: typed by whoever is there, or said beforehand.

use crate::host::keyboard;
use crate::say;

/// Asks; an empty answer is a no. Err: the code to leave with.
pub(super) fn proceed(yes: bool, question: &str) -> Result<(), u8> {
    if yes {
        return Ok(());
    }
    if !keyboard::is_there() {
        return Err(nobody("--yes"));
    }
    say::talk_part(&format!("{question} [y/N] "));
    match typed()?.as_str() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(left()),
    }
}

/// Asks for the name of what is to go; `confirm` is the name said beforehand, without which `yes` is not
/// enough.
pub(super) fn named(yes: bool, confirm: Option<&str>, name: &str) -> Result<(), u8> {
    match confirm {
        Some(it) if it == name && yes => return Ok(()),
        Some(it) if it != name => {
            let what = format!("--confirm {it} is not the name of the service, {name}");
            say::error(&what, None);
            return Err(super::USAGE);
        }
        Some(_) | None => {}
    }
    if !keyboard::is_there() {
        return Err(nobody(&format!("--yes --confirm {name}")));
    }
    say::talk_part(&format!("Type {name} to take it away: "));
    match typed()? == name {
        true => Ok(()),
        false => Err(left()),
    }
}

fn typed() -> Result<String, u8> {
    keyboard::line().map_err(|why| {
        say::error(&why.to_string(), None);
        super::REFUSED
    })
}

fn left() -> u8 {
    say::talk("nothing was changed");
    super::REFUSED
}

fn nobody(word: &str) -> u8 {
    let what = "cannot ask whether to proceed: nobody is at a terminal";
    let next = format!("say {word}, or set WHARF_YES=1 in place of --yes");
    say::error(what, Some(&next));
    super::USAGE
}
