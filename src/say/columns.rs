//! Rows of words as aligned columns.

const GAP: &str = "  ";

/// One row, and the colour of its cell at `painted`; None: no colour.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) paint: Option<&'static str>,
}

impl Row {
    pub(super) fn new(cells: Vec<String>) -> Row {
        Row { cells, paint: None }
    }
}

/// Returns the rows, a line each; the last cell of a row may be as long as it likes.
pub(super) fn columns(rows: &[Row], painted: usize) -> String {
    let count = rows.iter().map(|it| it.cells.len()).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter(|it| column + 1 < it.cells.len());
        let widths = cells.map(|it| it.cells[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    rows.iter().map(|it| line(it, &widths, painted)).collect()
}

fn line(row: &Row, widths: &[usize], painted: usize) -> String {
    let cells = row.cells.iter().zip(widths).enumerate();
    let cells = cells.map(|(column, (cell, width))| {
        let cell = format!("{cell:width$}");
        match row.paint.filter(|_| column == painted) {
            Some(paint) => format!("{paint}{cell}\u{1b}[0m"),
            None => cell,
        }
    });
    let text = cells.collect::<Vec<_>>().join(GAP);
    format!("{}\n", text.trim_end())
}
