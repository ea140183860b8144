//! The MESSAGE_ID of every event, as `journalctl -x` finds its explanation by it.

use crate::model::event::Kind;

/// What journalctl shows with `-x`; installed into systemd's catalogue.
pub const CATALOGUE: &str = include_str!("../../../units/wharf.catalog");

/// Returns 32 hex digits, for ever the same.
pub fn message_id(kind: Kind) -> &'static str {
    match kind {
        Kind::Starting => "e7ea2bd2a6054cec8243e180461364c3",
        Kind::Pulling => "6523123a38204018b75a5a0d61cddb33",
        Kind::Pulled => "d549546b9d4347fba6a3f9a39cd7f88d",
        Kind::Created => "bba9e3e551f1433eb353b1f59a5bf68d",
        Kind::Started => "08ff5e1385774ccd8f1c20374a7e3cbe",
        Kind::Adopted => "d4f29811ec814a338e7a937a91debd6c",
        Kind::Ready => "3aa7979f202f4aa8b9ee1df970fcf54e",
        Kind::Unready => "0d28052c74f748d0b099d894ee149628",
        Kind::CheckFailed => "e20327ad20af40eabfafecb840ce8f04",
        Kind::CheckPassed => "aeb3d4bed2c849b681ac666aa25bb320",
        Kind::Suppressed => "5d832ccb1f83441d9dc62b784f9cc96f",
        Kind::LogsResumed => "49343e5f186140f8b9977255edd47fdc",
        Kind::LogsLost => "c53d7b79dc8d4ebf9d029a6a7ef46a27",
        Kind::Stopping => "4b886408784e4a26a988b932c7a5090a",
        Kind::ForcedKill => "a0ed4d2b2917430ab46976750df6698e",
        Kind::Exited => "5b9035614ef94863a30487fc318ba3e5",
        Kind::OutOfMemory => "2071da23131f48d8b24a22bc1df9ef8f",
        Kind::RestartedOutside => "746deeee723f48749d1c47518dfe7c9a",
        Kind::StoppedOutside => "30fa446502cb4ab388736b2c2c9df5b3",
        Kind::RemovedOutside => "7b709703189c45e08291a42e38da0fc1",
        Kind::DockerLost => "867fd075bde24c00974857b4e0f41df1",
        Kind::DockerBack => "a9697a6c1f4b463c9ded8c28b5cfcca0",
        Kind::Reloaded => "9fd807e62e1d43d9891592688036d29f",
        Kind::ReloadRefused => "0f6b9474c6a44398a73dc13beb255d09",
        Kind::Reexec => "f9ad9280d2d444008c1fdf162e769d73",
        Kind::Reaped => "75a64baa7638495bae74fbd677f02d81",
        Kind::Failed => "2fba1d57e57a43ff8be252912117ec91",
        Kind::Metrics => "ae01c62eff374d44866ecbd235ca7e88",
        Kind::Stepped => "a61c5c97ab38427dac78d37d6f866213",
        Kind::Swapped => "235fb17828d148c8aa6de049ba3d67d5",
        Kind::Proven => "6bf9cffaf5914405bcaf57928dd4b0ac",
        Kind::GivenUp => "af4b5a4b67a2401e97122f7a25c598cf",
        Kind::StoreLost => "681fae5c71784eaea350fe4506758d86",
        Kind::StoreBack => "052f347cae8c4dc0aed670415f3ff0c5",
        Kind::BalancerLost => "c82131507f8c42afbf2faee8168ff3e9",
        Kind::BalancerBack => "5b1f0c3a9d7e4f628a46d3c7e19b02f4",
        Kind::Deployed => "b3b7c2b54ac04f5f9d0a6b1f0c6f8e57",
        Kind::Page => "5fce9f47a6c0442980ee12674b00d027",
        Kind::AlertOpened => "a12dc2174a5947ae944ff282b4c30301",
        Kind::AlertClosed => "8216aa8df8024d7190acb1d386dcbf15",
        Kind::AlertStuck => "28375d34c8474b5c9dfb43f4439483a4",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CATALOGUE, message_id};
    use crate::model::event::Kind;

    #[test]
    fn every_event_is_explained_once() {
        let told: Vec<&str> = CATALOGUE
            .lines()
            .filter_map(|it| it.strip_prefix("-- "))
            .collect();
        let meant: BTreeSet<&str> = Kind::ALL.map(message_id).into();
        assert_eq!(told.iter().copied().collect::<BTreeSet<_>>(), meant);
        assert_eq!(told.len(), Kind::ALL.len());
        for entry in CATALOGUE.split("\n-- ").skip(1) {
            let subject = entry.lines().nth(1).unwrap_or_default();
            assert!(subject.starts_with("Subject: "), "{entry}");
            assert_eq!(entry.lines().nth(2), Some("Defined-By: wharf"));
            assert_eq!(entry.lines().nth(3), Some(""), "{entry}");
        }
    }
}
