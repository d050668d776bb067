//! What the operating system says of this process.

use std::fs;

/// Numbers of one moment; what the system does not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Process {
    /// Memory that is in RAM, in bytes.
    pub(super) resident_bytes: Option<u64>,
    /// Memory that has an address, in bytes.
    pub(super) virtual_bytes: Option<u64>,
    /// Threads.
    pub(super) threads: Option<u64>,
    /// Open files and sockets.
    pub(super) open_fds: Option<u64>,
    /// As many of them as may be open.
    pub(super) max_fds: Option<u64>,
}

impl Process {
    /// Asks the system (proc(5)).
    pub(super) fn look() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        Self {
            resident_bytes: kibibytes(&status, "VmRSS:"),
            virtual_bytes: kibibytes(&status, "VmSize:"),
            threads: number(&status, "Threads:"),
            // One of them is the folder that is being read.
            open_fds: fs::read_dir("/proc/self/fd").ok().map(|open| (open.count() as u64).saturating_sub(1)),
            max_fds: number(&limits, "Max open files"),
        }
    }
}

fn kibibytes(text: &str, name: &str) -> Option<u64> {
    number(text, name).map(|number| number * 1024)
}

/// The first number behind a name at the beginning of a line.
fn number(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_behind_their_names() {
        let text = "VmSize:\t  20 kB\nVmRSS:\t 3 kB\nMax open files            1024                 4096\n";
        assert_eq!((kibibytes(text, "VmRSS:"), number(text, "Max open files")), (Some(3072), Some(1024)));
        assert_eq!(number("Max open files unlimited unlimited", "Max open files"), None);
        assert_eq!(number(text, "Threads:"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_all_of_them() {
        let Process { resident_bytes, virtual_bytes, threads, open_fds, .. } = Process::look();
        for known in [resident_bytes, virtual_bytes, threads, open_fds] {
            assert!(known.is_some_and(|number| number > 0));
        }
    }
}
