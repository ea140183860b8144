//! A file the page is made with, as the binary carries it.

/// One file; its name holds a hash of its content, so that browsers may keep it for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// As pages ask for it: `page.css`.
    pub stem: &'static str,
    /// Below `/assets/`.
    pub name: &'static str,
    /// `text/css; charset=utf-8`
    pub kind: &'static str,
    pub body: &'static [u8],
    /// The same, compressed; empty where that is not worth it.
    pub gzip: &'static [u8],
}
