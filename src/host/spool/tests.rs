//! On a real file system: order, room, torn ends, a second process.

use std::{fs, path::Path};

use super::{SEGMENT_BYTES, Spool};

const ROOM: u64 = 8 << 20;

fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
    range
        .map(|it| format!("record {it}\nsecond line"))
        .collect()
}

fn drain(spool: &mut Spool) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(batch) = spool.oldest().unwrap() {
        all.extend(batch.records.iter().cloned());
        spool.remove(&batch).unwrap();
    }
    all
}

fn files(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

#[test]
fn records_come_out_in_order_and_leave_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(directory.path(), ROOM).unwrap();
    spool.push(&numbered(10..20)).unwrap();
    spool.push_before(&numbered(5..10)).unwrap();
    spool.push_before(&numbered(0..5)).unwrap();
    spool.push(&numbered(20..30)).unwrap();
    assert_eq!(drain(&mut spool), numbered(0..30));
    assert!(spool.is_empty());
    assert_eq!(files(directory.path()), 0);
    spool.push(&numbered(0..1)).unwrap();
    assert_eq!(drain(&mut spool), numbered(0..1));
}

#[test]
fn what_comes_while_the_oldest_is_read_stays() {
    let directory = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(directory.path(), ROOM).unwrap();
    spool.push(&numbered(0..2)).unwrap();
    let batch = spool.oldest().unwrap().unwrap();
    spool.push(&numbered(2..4)).unwrap();
    spool.remove(&batch).unwrap();
    assert_eq!(batch.records, numbered(0..2));
    assert_eq!(drain(&mut spool), numbered(2..4));
}

#[test]
fn the_next_process_finds_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(directory.path(), ROOM).unwrap();
    spool.push(&numbered(0..3)).unwrap();
    drop(spool);
    let mut spool = Spool::open(directory.path(), ROOM).unwrap();
    spool.push(&numbered(3..5)).unwrap();
    assert_eq!(drain(&mut spool), numbered(0..5));
}

/// Cut at every byte: the whole records before the cut come back, and so does all that follows in
/// other segments.
#[test]
fn a_torn_end_costs_only_itself() {
    let directory = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(directory.path(), ROOM).unwrap();
    spool.push(&numbered(0..3)).unwrap();
    drop(spool);
    let file = fs::read_dir(directory.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let bytes = fs::read(&file).unwrap();
    for cut in 0..bytes.len() {
        fs::write(&file, &bytes[..cut]).unwrap();
        let mut spool = Spool::open(directory.path(), ROOM).unwrap();
        spool.push(&numbered(3..4)).unwrap();
        let mut expected = numbered(0..cut / (bytes.len() / 3));
        expected.extend(numbered(3..4));
        assert_eq!(drain(&mut spool), expected, "cut at {cut}");
    }
}

#[test]
fn rubbish_is_skipped_and_strangers_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let inside = |name: &str| directory.path().join(name);
    fs::write(inside("0000000000000001.spool"), b"5\nab\xff\xfee\n").unwrap();
    fs::write(inside("0000000000000002.spool"), b"99999999999999999999\n").unwrap();
    fs::write(inside("0000000000000003.spool"), [0; 4096]).unwrap();
    fs::write(inside("README"), b"mine").unwrap();
    let mut spool = Spool::open(directory.path(), ROOM).unwrap();
    assert_eq!(drain(&mut spool), Vec::<String>::new());
    assert_eq!(files(directory.path()), 1);
}

#[test]
fn the_oldest_make_room_and_are_counted() {
    let directory = tempfile::tempdir().unwrap();
    let room = 2 * SEGMENT_BYTES;
    let mut spool = Spool::open(directory.path(), room).unwrap();
    let all: Vec<String> = (0..200).map(|it| format!("{it:08}").repeat(1000)).collect();
    for one in &all {
        spool.push(std::slice::from_ref(one)).unwrap();
        assert!(spool.bytes() <= room + 9000);
    }
    let dropped = spool.take_dropped();
    assert_eq!(spool.take_dropped(), 0);
    let kept = drain(&mut spool);
    assert!(dropped > 0);
    assert_eq!(kept.len() as u64 + dropped, 200);
    assert_eq!(kept, all[all.len() - kept.len()..]);
}
