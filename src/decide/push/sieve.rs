//! A tar archive on its way through, without the files that can stay away.

/// Size of a header, and what bodies are filled up to.
const BLOCK: usize = 512;
/// Longest name or attributes of one file.
const LONGEST_EXTRA: u64 = 64 * 1024;

/// One file of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub name: &'a str,
    /// In bytes, without header and filling.
    pub size: u64,
}

/// Where in the archive the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header,
    /// Bytes of a body with its filling, passed on or not.
    Body {
        left: u64,
        kept: bool,
    },
    /// Of a body that belongs to the next header; `size` without its filling.
    Extra {
        left: u64,
        size: u64,
        kind: u8,
    },
    /// Behind the last file.
    Over,
}

/// Takes an archive in pieces of any size.
#[derive(Debug)]
pub struct Sieve {
    place: Place,
    /// The header so far.
    header: Vec<u8>,
    /// Headers and bodies that go with the next file or not at all.
    held: Vec<u8>,
    /// The body of such a one so far, and the name it gives.
    extra: Vec<u8>,
    name: Option<String>,
}

impl Default for Sieve {
    fn default() -> Sieve {
        Sieve {
            place: Place::Header,
            header: Vec::with_capacity(BLOCK),
            held: Vec::new(),
            extra: Vec::new(),
            name: None,
        }
    }
}

impl Sieve {
    /// Takes the next bytes and appends to `out` those of files that are kept.
    ///
    /// # Errors
    /// It is no tar archive, or one whose files have names of more than 64 KiB.
    pub fn feed(
        &mut self,
        mut bytes: &[u8],
        mut keep: impl FnMut(Entry<'_>) -> bool,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        while !bytes.is_empty() {
            bytes = match self.place {
                Place::Header => self.header(bytes, &mut keep, out)?,
                Place::Body { left, kept } => {
                    let (inside, rest) = cut(bytes, left);
                    if kept {
                        out.extend_from_slice(inside);
                    }
                    self.place = match left - inside.len() as u64 {
                        0 => Place::Header,
                        left => Place::Body { left, kept },
                    };
                    rest
                }
                Place::Extra { left, size, kind } => self.extra(bytes, left, size, kind),
                Place::Over => {
                    out.extend_from_slice(bytes);
                    &[]
                }
            };
        }
        Ok(())
    }

    /// Whether the archive has come to its end.
    pub fn is_over(&self) -> bool {
        self.place == Place::Over
    }

    fn header<'a>(
        &mut self,
        bytes: &'a [u8],
        keep: &mut impl FnMut(Entry<'_>) -> bool,
        out: &mut Vec<u8>,
    ) -> Result<&'a [u8], String> {
        let (inside, rest) = cut(bytes, (BLOCK - self.header.len()) as u64);
        self.header.extend_from_slice(inside);
        if self.header.len() < BLOCK {
            return Ok(rest);
        }
        let header = std::mem::take(&mut self.header);
        if header.iter().all(|it| *it == 0) {
            out.extend(header);
            self.place = Place::Over;
            return Ok(rest);
        }
        let size = size(&header).ok_or("docker's archive is not understood: it is no tar")?;
        let left = size.div_ceil(BLOCK as u64) * BLOCK as u64;
        let kind = header[156];
        // A long name of GNU's, and attributes of POSIX's: both are about the next header.
        if matches!(kind, b'L' | b'K' | b'x') {
            if size > LONGEST_EXTRA {
                return Err(format!(
                    "a file in docker's archive has attributes of {size} bytes"
                ));
            }
            self.held.extend(header);
            self.place = Place::Extra { left, size, kind };
            return Ok(rest);
        }
        let name = self.name.take().unwrap_or_else(|| name(&header));
        let kept = keep(Entry { name: &name, size });
        let held = std::mem::take(&mut self.held);
        if kept {
            out.extend(held);
            out.extend(header);
        }
        self.place = match left {
            0 => Place::Header,
            left => Place::Body { left, kept },
        };
        Ok(rest)
    }

    fn extra<'a>(&mut self, bytes: &'a [u8], left: u64, size: u64, kind: u8) -> &'a [u8] {
        let (inside, rest) = cut(bytes, left);
        self.held.extend_from_slice(inside);
        self.extra.extend_from_slice(inside);
        let left = left - inside.len() as u64;
        self.place = Place::Extra { left, size, kind };
        if left == 0 {
            let body = std::mem::take(&mut self.extra);
            let body = &body[..usize::try_from(size).unwrap_or(0).min(body.len())];
            self.name = match kind {
                b'L' => Some(text(body)),
                b'x' => path(body).or(self.name.take()),
                _ => self.name.take(),
            };
            self.place = Place::Header;
        }
        rest
    }
}

fn cut(bytes: &[u8], most: u64) -> (&[u8], &[u8]) {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    bytes.split_at(most.min(bytes.len()))
}

/// Octal digits, or GNU's binary for what is larger. None as well where the header's sum is wrong.
fn size(header: &[u8]) -> Option<u64> {
    let sum = octal(&header[148..156])?;
    let blank = header[148..156]
        .iter()
        .map(|it| u64::from(*it))
        .sum::<u64>();
    let all = header.iter().map(|it| u64::from(*it)).sum::<u64>();
    if all - blank + 8 * u64::from(b' ') != sum {
        return None;
    }
    let field = &header[124..136];
    match field[0] {
        0x80 => {
            let bytes: [u8; 8] = field[4..].try_into().ok()?;
            Some(u64::from_be_bytes(bytes)).filter(|it| *it < 1 << 50)
        }
        _ => octal(field),
    }
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits = text(field);
    let digits = digits.trim();
    match digits {
        "" => Some(0),
        _ => u64::from_str_radix(digits, 8).ok(),
    }
}

fn name(header: &[u8]) -> String {
    let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
    // GNU's own headers have times where POSIX's have the beginning of a name.
    match &header[257..263] == b"ustar\0" && !prefix.is_empty() {
        true => format!("{prefix}/{name}"),
        false => name,
    }
}

/// Up to the first NUL.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|it| *it == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

/// `LENGTH path=NAME` among attributes; the length counts itself, its blank and the newline.
fn path(attributes: &[u8]) -> Option<String> {
    let mut rest = attributes;
    while let Some(blank) = rest.iter().position(|it| *it == b' ') {
        let length: usize = text(&rest[..blank]).parse().ok()?;
        let record = rest.get(blank + 1..length.checked_sub(1)?)?;
        if let Some(name) = record.strip_prefix(b"path=") {
            return Some(String::from_utf8_lossy(name).into_owned());
        }
        rest = rest.get(length..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Entry, Sieve};
    use proptest::prelude::*;

    fn header(name: &str, size: usize, kind: u8) -> Vec<u8> {
        let mut header = vec![0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        header[156] = kind;
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|it| u32::from(*it)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        header
    }

    fn file(name: &str, body: &[u8], kind: u8) -> Vec<u8> {
        let mut file = header(name, body.len(), kind);
        file.extend(body);
        file.resize(file.len().next_multiple_of(512), 0);
        file
    }

    const END: [u8; 1024] = [0; 1024];

    fn sifted(archive: &[u8], piece: usize) -> (Vec<u8>, Vec<(String, u64)>, bool) {
        let (mut sieve, mut out, mut seen) = (Sieve::default(), Vec::new(), Vec::new());
        for bytes in archive.chunks(piece) {
            let keep = |it: Entry<'_>| {
                seen.push((it.name.to_owned(), it.size));
                !it.name.ends_with("drop")
            };
            sieve.feed(bytes, keep, &mut out).unwrap();
        }
        (out, seen, sieve.is_over())
    }

    #[test]
    fn what_is_dropped_takes_its_attributes_along() {
        let long = format!("{}drop", "d/".repeat(120));
        let record = format!("{} path={long}\n", long.len() + 10);
        let kept = [file("a", b"one", b'0'), file("b/", b"", b'5')];
        let dropped = [
            file("x-drop", &[7; 1000], b'0'),
            [
                file("p", record.as_bytes(), b'x'),
                file("short", b"x", b'0'),
            ]
            .concat(),
            [
                file("l", format!("{long}\0").as_bytes(), b'L'),
                file("short", b"y", b'0'),
            ]
            .concat(),
        ];
        let archive = [
            &kept[0],
            &dropped[0],
            &dropped[1],
            &kept[1],
            &dropped[2],
            &END.to_vec(),
        ];
        let archive: Vec<u8> = archive.into_iter().flatten().copied().collect();
        for piece in [1, 7, 512, 513, 100_000] {
            let (out, seen, over) = sifted(&archive, piece);
            assert_eq!(out, [&kept[0][..], &kept[1], &END].concat());
            assert_eq!(seen[1], ("x-drop".to_owned(), 1000));
            assert_eq!(seen[2].0, long);
            assert_eq!(seen[4].0, long);
            assert!(over);
        }
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let feed = |bytes: &[u8]| Sieve::default().feed(bytes, |_| true, &mut Vec::new());
        assert!(feed(&[b'x'; 512]).is_err());
        assert!(feed(&header("big", 1 << 20, b'x')).is_err());
        assert!(feed(&[]).is_ok());
    }

    proptest! {
        #![proptest_config(crate::decide::fuzz())]

        #[test]
        fn what_is_kept_goes_through_byte_for_byte(
            sizes in prop::collection::vec(0..2000_usize, 0..8), piece in 1..3000_usize,
        ) {
            let files = sizes.iter().map(|it| file("f", &vec![b'z'; *it], b'0'));
            let archive = [files.collect::<Vec<_>>().concat(), END.to_vec()].concat();
            prop_assert_eq!(sifted(&archive, piece).0, archive);
        }

        #[test]
        fn nothing_breaks_it(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let _ = Sieve::default().feed(&bytes, |_| true, &mut Vec::new());
            let head = header("x", 100, b'x');
            let _ = Sieve::default().feed(&[head, bytes].concat(), |_| true, &mut Vec::new());
        }
    }
}
