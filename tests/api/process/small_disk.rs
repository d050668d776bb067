//! A disk that is soon full.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk of its own, taken down with the test.
pub struct SmallDisk(pub PathBuf);

impl SmallDisk {
    /// With room for `size`, as mount(8) writes it. `None` where this process may not mount; said on standard error, past
    /// the test runner's capture.
    pub fn mount(folder: &Path, size: &str) -> Option<Self> {
        let place = folder.join("disk");
        fs::create_dir(&place).unwrap();
        let options = format!("size={size}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&place).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(place));
        }
        writeln!(std::io::stderr(), "SKIPPED full disk: this process may not mount a tmpfs (root may)").ok();
        None
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Takes every byte that is left.
    pub fn fill(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        for size in [64 * 1024, 4096, 512] {
            let block = vec![b'x'; size];
            while ballast.write_all(&block).is_ok() {}
        }
    }

    pub fn free(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("--lazy").arg(&self.0).status().ok();
    }
}
