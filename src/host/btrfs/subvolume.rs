//! What the kernel says of a subvolume, without a program in between.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags};
use rustix::ioctl::{Getter, Opcode, ioctl, opcode};

use crate::model::volume::{Subvolume, Uuid};

/// The number of the root folder of every subvolume.
const ROOT_INODE: u64 = 256;
/// statfs's word for btrfs.
const MAGIC: u64 = 0x9123_683e;
const READ_ONLY: u64 = 1;
/// The kernel's bytes for a subvolume's name.
const NAME: usize = 256;

/// `struct btrfs_ioctl_get_subvol_info_args` of linux/btrfs.h.
#[allow(
    dead_code,
    reason = "what is not asked for is named all the same: the layout is the kernel's"
)]
#[repr(C)]
struct Info {
    tree: u64,
    name: [u8; NAME],
    parent: u64,
    folder: u64,
    generation: u64,
    flags: u64,
    uuid: [u8; 16],
    parent_uuid: [u8; 16],
    received_uuid: [u8; 16],
    changed: u64,
    made: u64,
    sent: u64,
    received: u64,
    times: [Time; 4],
    reserved: [u64; 8],
}

#[allow(dead_code, reason = "the kernel's layout")]
#[repr(C)]
struct Time {
    seconds: u64,
    nanos: u32,
}

/// BTRFS_IOC_GET_SUBVOL_INFO, since Linux 4.18; needs no privilege.
const GET_INFO: Opcode = opcode::read::<Info>(0x94, 60);

/// Whether a path lies on btrfs.
///
/// # Errors
/// There is no such path.
pub fn is_btrfs(path: &Path) -> io::Result<bool> {
    let found = rustix::fs::statfs(path)?;
    // Its type differs between machines; the word has 32 bits everywhere.
    Ok(found.f_type as u64 & 0xffff_ffff == MAGIC)
}

/// Returns what the kernel knows of the subvolume at a path; None: it is none, or nothing is there.
///
/// # Errors
/// The file system's.
pub fn subvolume(path: &Path) -> io::Result<Option<Subvolume>> {
    let found = match fs::symlink_metadata(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    if !found.is_dir() || found.ino() != ROOT_INODE || !is_btrfs(path)? {
        return Ok(None);
    }
    let info = ask(&File::open(path)?)?;
    let Some(uuid) = Uuid::new(info.uuid) else {
        return Ok(None);
    };
    Ok(Some(Subvolume {
        uuid,
        received: Uuid::new(info.received_uuid),
        parent: Uuid::new(info.parent_uuid),
        read_only: info.flags & READ_ONLY != 0,
        generation: info.generation,
        created: info.made,
    }))
}

fn ask(folder: &File) -> io::Result<Info> {
    // SAFETY: the opcode carries the size of `Info`, which is laid out as the kernel's struct (the test holds it
    // to the kernel's number); the kernel fills all of it, and any bytes are a valid `Info`.
    #[allow(unsafe_code)]
    let info = unsafe { ioctl(folder, Getter::<GET_INFO, Info>::new()) };
    Ok(info?)
}

/// Has two paths change places, in one step.
///
/// # Errors
/// As renameat2 says: one is missing, or they lie on two file systems.
pub fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    Ok(rustix::fs::renameat_with(
        CWD,
        one,
        CWD,
        other,
        RenameFlags::EXCHANGE,
    )?)
}

/// Whether what is below a folder takes more than so many bytes; it is not counted further than that.
pub fn larger_than(folder: &Path, most: u64) -> bool {
    let mut folders = vec![folder.to_owned()];
    let mut sum = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(found) = entry.metadata() else {
                continue;
            };
            match found.is_dir() {
                true => folders.push(entry.path()),
                false => sum += found.len().min(found.blocks() * 512),
            }
            if sum > most {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_kernels() {
        assert_eq!(size_of::<Info>(), 504);
        assert_eq!(std::mem::offset_of!(Info, uuid), 296);
        assert_eq!(std::mem::offset_of!(Info, made), 352);
        assert_eq!(GET_INFO, 0x81f8_943c);
    }

    #[test]
    fn a_folder_elsewhere_is_no_subvolume() {
        assert_eq!(subvolume(Path::new("/proc")).unwrap(), None);
        assert_eq!(subvolume(Path::new("/no/such")).unwrap(), None);
        assert!(!is_btrfs(Path::new("/proc")).unwrap());
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), [7; 5000]).unwrap();
        assert!(larger_than(folder.path(), 4999));
        assert!(!larger_than(folder.path(), 5000));
    }
}
