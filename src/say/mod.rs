//! The only printer: answers on stdout, talk on stderr.

pub mod alerts;
mod columns;
pub mod deploy;
pub mod doctor;
pub mod fleet;
pub mod history;
pub mod ingress;
pub mod letter;
pub mod mistakes;
#[cfg(feature = "web")]
pub mod page;
pub mod plan;
pub mod prune;
pub mod push;
pub mod records;
pub mod report;
pub mod revisions;
pub mod setup;
pub mod status;
pub mod supervise;
pub mod table;
pub mod volume;
pub mod words;
pub mod yaml;

use std::io::{IsTerminal, Write};

/// Of a terminal that does not tell.
const WIDTH: usize = 80;

/// Prints an answer. A reader that went away (`| head`) ends the program quietly, as it does for cat.
pub fn answer(text: &str) {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if written.is_err_and(|why| why.kind() == std::io::ErrorKind::BrokenPipe) {
        std::process::exit(0);
    }
}

/// Prints an answer and ends its line.
pub fn answer_line(text: &str) {
    answer(&format!("{text}\n"));
}

/// Says a part of something beside the answer: its lines are ended by whoever made them.
pub fn talk_part(text: &str) {
    let mut out = std::io::stderr().lock();
    // Nobody is left to tell when stderr is gone.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Says something beside the answer.
pub fn talk(text: &str) {
    // Nobody is left to tell when stderr is gone.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says what failed and what to do next.
pub fn error(what: &str, next: Option<&str>) {
    talk(&format!("error: {}", words::plain(what)));
    if let Some(next) = next {
        talk(&format!("next: {}", words::plain(next)));
    }
}

/// Returns whether answers may carry colour: a terminal, and `NO_COLOR` not set.
pub fn colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Returns whether somebody sees what is talked.
pub fn on_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Returns how many characters fit into a line of the terminal that talk goes to; a terminal that nobody
/// told its size says 0.
pub fn talk_width() -> usize {
    match rustix::termios::tcgetwinsize(std::io::stderr()) {
        Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
        Ok(_) | Err(_) => WIDTH,
    }
}

/// Returns the rows in columns as wide as their widest cell.
fn table_rows<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| {
        let widths = rows.iter().map(|it| it[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// Returns whether talk may carry colour.
pub fn talk_colour() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
