//! A bounded buffer on disk: records go in at one end and come out, in order, at the other.
//!
//! A directory of segments, `<16 hex digits>.spool`, oldest first. A record is its length in
//! decimal, a line break, its bytes, a line break. A segment is only ever appended to by the process
//! that began it, so what a crash or a power cut tears is always a segment's end; reading stops
//! there. Nothing is synced: these are figures, not money.

use std::{
    collections::VecDeque,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Bytes of a segment, exceeded by one record at most; also about what reading one takes in memory.
const SEGMENT_BYTES: u64 = 256 << 10;
const ENDING: &str = "spool";
/// Numbers below are for what is put before everything there is.
const FIRST_NUMBER: u64 = 1 << 32;

/// The buffer; one process at a time.
pub struct Spool {
    directory: PathBuf,
    most_bytes: u64,
    segments: VecDeque<Segment>,
    open: Option<File>,
    dropped: u64,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    number: u64,
    bytes: u64,
}

/// The oldest segment's records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    number: u64,
    pub records: Vec<String>,
}

impl Spool {
    /// Returns the buffer in this directory, which is made when it is missing, with what an earlier
    /// process left in it. It never holds more than `most_bytes`: the oldest segments go first.
    ///
    /// # Errors
    /// As the system says.
    pub fn open(directory: &Path, most_bytes: u64) -> io::Result<Spool> {
        fs::create_dir_all(directory)?;
        let mut segments: Vec<Segment> = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if let Some(number) = number(&entry.path()) {
                let bytes = entry.metadata()?.len();
                segments.push(Segment { number, bytes });
            }
        }
        segments.sort_by_key(|it| it.number);
        Ok(Spool {
            directory: directory.to_owned(),
            most_bytes,
            segments: segments.into(),
            open: None,
            dropped: 0,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|it| it.bytes).sum()
    }

    /// Returns how many records were dropped to make room since this was last asked.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    /// Adds records behind everything there is.
    ///
    /// # Errors
    /// As the system says; some of the records may be in then.
    pub fn push(&mut self, records: &[String]) -> io::Result<()> {
        let mut framed = Vec::new();
        for record in records {
            framed.extend(frame(record));
            if framed.len() as u64 >= SEGMENT_BYTES {
                self.append(&std::mem::take(&mut framed))?;
            }
        }
        if !framed.is_empty() {
            self.append(&framed)?;
        }
        self.make_room()
    }

    /// Adds records before everything there is: those that were on their way and came back.
    ///
    /// # Errors
    /// As the system says.
    pub fn push_before(&mut self, records: &[String]) -> io::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let number = match self.segments.front() {
            Some(first) => first.number.saturating_sub(1),
            None => FIRST_NUMBER,
        };
        let framed: Vec<u8> = records.iter().flat_map(|it| frame(it)).collect();
        self.create(number)?.write_all(&framed)?;
        let bytes = framed.len() as u64;
        self.segments.push_front(Segment { number, bytes });
        self.make_room()
    }

    /// Returns the oldest records, which stay until [`Spool::remove`]; None when there are none.
    ///
    /// # Errors
    /// As the system says.
    pub fn oldest(&mut self) -> io::Result<Option<Batch>> {
        while let Some(first) = self.segments.front().copied() {
            if self.segments.len() == 1 {
                // What comes now goes behind what is being read.
                self.open = None;
            }
            let records = whole(&fs::read(self.path(first.number))?);
            if !records.is_empty() {
                let number = first.number;
                return Ok(Some(Batch { number, records }));
            }
            self.delete(first.number)?;
        }
        Ok(None)
    }

    /// Removes what was delivered.
    ///
    /// # Errors
    /// As the system says.
    pub fn remove(&mut self, batch: &Batch) -> io::Result<()> {
        self.delete(batch.number)
    }

    /// In one write, into the open segment while that has room.
    fn append(&mut self, framed: &[u8]) -> io::Result<()> {
        let bytes = framed.len() as u64;
        let fits = |it: &Segment| it.bytes + bytes <= SEGMENT_BYTES;
        let room = self.segments.back().is_some_and(fits);
        let mut file = match self.open.take() {
            Some(file) if room => file,
            Some(_) | None => self.begin()?,
        };
        file.write_all(framed)?;
        self.open = Some(file);
        if let Some(last) = self.segments.back_mut() {
            last.bytes += bytes;
        }
        Ok(())
    }

    fn begin(&mut self) -> io::Result<File> {
        let number = self
            .segments
            .back()
            .map_or(FIRST_NUMBER, |it| it.number + 1);
        let file = self.create(number)?;
        self.segments.push_back(Segment { number, bytes: 0 });
        Ok(file)
    }

    /// Points may tell what a service says; only its owner reads them.
    fn create(&self, number: u64) -> io::Result<File> {
        OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(self.path(number))
    }

    fn make_room(&mut self) -> io::Result<()> {
        while self.bytes() > self.most_bytes && self.segments.len() > 1 {
            let Some(first) = self.segments.front().copied() else {
                break;
            };
            let lost = fs::read(self.path(first.number)).map_or(0, |it| whole(&it).len());
            self.dropped += lost as u64;
            self.delete(first.number)?;
        }
        Ok(())
    }

    fn delete(&mut self, number: u64) -> io::Result<()> {
        self.segments.retain(|it| it.number != number);
        if self.segments.is_empty() {
            self.open = None;
        }
        match fs::remove_file(self.path(number)) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number:016x}.{ENDING}"))
    }
}

fn number(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    let digits = name.strip_suffix(ENDING)?.strip_suffix('.')?;
    u64::from_str_radix(digits, 16).ok()
}

fn frame(record: &str) -> Vec<u8> {
    format!("{}\n{record}\n", record.len()).into_bytes()
}

/// The records of a segment up to where it was torn.
fn whole(bytes: &[u8]) -> Vec<String> {
    let mut rest = bytes;
    let mut records = Vec::new();
    while let Some((record, after)) = first(rest) {
        records.push(record);
        rest = after;
    }
    records
}

fn first(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.iter().position(|it| *it == b'\n')?;
    let length: usize = std::str::from_utf8(&bytes[..end]).ok()?.parse().ok()?;
    let rest = &bytes[end + 1..];
    let (record, after) = rest.split_at_checked(length)?;
    let after = after.strip_prefix(b"\n")?;
    Some((String::from_utf8(record.to_vec()).ok()?, after))
}

#[cfg(test)]
mod tests;
