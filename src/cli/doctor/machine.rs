//! The disk of the server: free space, and how fast it confirms what is written.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

use super::finding::Finding;

/// Less free space than this is soon used up, in bytes.
const FREE: u64 = 1 << 30;

/// How often a write is confirmed.
const WRITES: usize = 16;

/// A disk that needs longer confirms fewer than a hundred pushes in a second, one after the other.
const SLOW: Duration = Duration::from_millis(10);

/// The checks of a data folder.
pub fn check(folder: &Path) -> Vec<Finding> {
    vec![free_space(folder), speed(folder)]
}

fn free_space(folder: &Path) -> Finding {
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let found = format!("{} MiB are free", free >> 20);
            match free < FREE {
                true => Finding::warn(
                    "disk",
                    found,
                    "make room, or set a smaller --max-log-mb: pushes are refused when the disk is full",
                ),
                false => Finding::ok("disk", found),
            }
        }
        Err(error) => Finding::fail(
            "disk",
            format!("{}: {error}", folder.display()),
            "check --data-dir",
        ),
    }
}

fn speed(folder: &Path) -> Finding {
    match median_sync(folder) {
        Ok(time) => {
            let found = format!(
                "a write is on the disk after {:.1} ms",
                time.as_secs_f64() * 1000.0
            );
            match time > SLOW {
                true => Finding::warn(
                    "fsync",
                    found,
                    "use a disk with a protected cache, or --durability os if a power failure may lose messages",
                ),
                false => Finding::ok("fsync", found),
            }
        }
        Err(error) => Finding::fail(
            "fsync",
            error.to_string(),
            "let the server's user write to --data-dir",
        ),
    }
}

/// The median time of a small write with its confirmation, in a file that is deleted afterwards.
fn median_sync(folder: &Path) -> io::Result<Duration> {
    let path = folder.join(format!("doctor-{}", uuid::Uuid::new_v4()));
    let file = File::create_new(&path)?;
    let times = sync_times(file);
    std::fs::remove_file(&path)?;
    let mut times = times?;
    times.sort();
    Ok(times[WRITES / 2])
}

fn sync_times(mut file: File) -> io::Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let began = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_left_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let found = check(folder.path());
        assert_eq!(found.len(), 2);
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            0
        );
        let nowhere = check(&folder.path().join("nothing"));
        assert!(nowhere.iter().all(|finding| finding.level.exit_code() == 2));
    }
}
