//! The built program as an operator meets it: its command line, its files, its signals, its sockets.

mod caller;
mod support;

mod clock;
mod command_line;
mod configuration;
mod crash;
mod first_start;
mod full_disk;
mod shutdown;
mod sockets;
mod tls;
mod tour;
mod writers;
