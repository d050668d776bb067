//! The built program as an operator meets it: its command line, its files, its signals, its sockets.

mod caller;
pub mod support;

mod backup;
mod backup_cut_off;
mod backup_output;
mod clock;
mod command_line;
mod completion;
mod configuration;
mod crash;
mod dialects;
mod doctor;
mod first_start;
mod forged_archive;
mod full_disk;
mod keys;
mod only_looking;
mod people;
mod people_refused;
mod pictures;
mod restore;
mod shutdown;
mod small_disk;
mod sockets;
mod tls;
mod tour;
mod two_nodes;
mod walk;
mod writers;
