//! Every setting of Portcullis: its type, default, range and meaning, each said once.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use ipnet::IpNet;
use secrecy::SecretString;

use super::choices::{
    DatabaseTls, DialectPassword, EmailVerification, ListUsers, LogFormat, Registration, SmtpTls,
    TokenAlgorithm,
};
use super::declare::{Section, Setting, sections};
use super::kinds::{Value, between};
use super::rate::Rate;
use super::reader::Reader;
use super::texts::{CorsOrigin, LogFilter, MountPath, PublicUrl};

sections! {
    /// Where and how HTTP is served, and how much of it at once.
    server: Server {
        /// Address and port to listen on.
        listen: SocketAddr = "127.0.0.1:5000";
        /// The address people and clients reach this server under.
        /// It stands in links of mails and pages and, by default, as the issuer in access tokens.
        public_url: Option<PublicUrl> = "";
        /// PEM file with the certificate chain; with `server.tls_key` the server speaks HTTPS itself.
        tls_certificate: Option<PathBuf> = "";
        /// PEM file with the private key of `server.tls_certificate`.
        tls_key: Option<PathBuf> = "";
        /// Networks of reverse proxies whose forwarding headers are believed; a bare address means that one host.
        trusted_proxies: Vec<IpNet> = "";
        /// Web origins whose scripts may call the API; `*` alone means any.
        cors_origins: Vec<CorsOrigin> = "";
        /// Largest request body accepted.
        max_body: ByteSize = "1MiB" in "1KiB" to "1GiB";
        /// Largest request head accepted: request line and headers together.
        max_header_bytes: ByteSize = "32KiB" in "8KiB" to "1MiB";
        /// Most headers one request may carry.
        max_headers: usize = "100" in "16" to "1000" of "headers";
        /// Most connections open at once; further ones wait to be accepted.
        max_connections: usize = "4096" in "1" to "1000000" of "connections";
        /// Most requests in work at once; further ones are answered 503.
        max_in_flight: usize = "512" in "1" to "100000" of "requests";
        /// How long a client may take to send the head of a request.
        header_read_timeout: Duration = "10s" in "100ms" to "10m";
        /// How long the body of a request may take to arrive, and how long its answer may take at most after that.
        request_timeout: Duration = "30s" in "100ms" to "1h";
        /// How long a kept-alive connection may rest between two requests.
        idle_timeout: Duration = "75s" in "1s" to "1h";
        /// How long requests in work may go on when the server is told to stop.
        shutdown_timeout: Duration = "10s" in "1s" to "10m";
    }

    /// Where files are kept.
    data: Data {
        /// Folder for everything the server keeps in files; a relative path starts at the working folder.
        dir: PathBuf = "portcullis-data";
    }

    /// Where rows are kept.
    database: Database {
        /// The database. `sqlite:` alone is the file `portcullis.db` in `data.dir`;
        /// `sqlite:` followed by a relative or absolute path is that file.
        /// MariaDB from 10.6 on: `mysql://USER:PASSWORD@HOST:PORT/DATABASE`, or `mariadb://`.
        /// PostgreSQL from 14 on: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, or `postgresql://`.
        /// Both take `?sslmode=` with the words of `database.tls`, which it overrules.
        url: SecretString = "sqlite:";
        /// File that holds the password instead of `database.url`. Of no use to SQLite.
        password_file: Option<PathBuf> = "";
        /// `disable`: the connection to the server is not encrypted; `require`: it is, whoever is at its other end;
        /// `verify-full`: it is, and the server proves its name. Of no use to SQLite.
        tls: DatabaseTls = "disable";
        /// PEM file with the authorities that `verify-full` believes; none means those that browsers know.
        tls_ca: Option<PathBuf> = "";
        /// How long each piece of a request's work at a database server may take, its wait included, before the request is
        /// answered 503. Searches, counts and sweeps have 30 seconds. SQLite has limits of its own.
        deadline: Duration = "1s" in "100ms" to "1m";
        /// Connections to a database server, each with its own thread. Two more serve searches, exports and sweeps.
        /// SQLite needs no such number.
        workers: usize = "8" in "1" to "256" of "connections";
        /// Most jobs waiting for a connection to a database server; further ones are answered 503.
        /// SQLite has a limit of its own.
        queue: usize = "256" in "1" to "100000" of "jobs";
    }

    /// Pictures: where they are kept, and what is accepted.
    files: Files {
        /// Where pictures are kept. `file:` is the folder `files` in `data.dir`;
        /// `s3://BUCKET` is a bucket of S3 or of a server like it, `s3://BUCKET/PREFIX` a part of one.
        url: String = "file:";
        /// The address of a server that speaks like S3; without one it is Amazon's, in `files.s3_region`.
        s3_endpoint: Option<PublicUrl> = "";
        /// The region of the bucket.
        s3_region: String = "us-east-1";
        /// Access key of the bucket, with `files.s3_secret_key`; without both, those count that the cloud gives to its
        /// machines.
        s3_access_key: Option<String> = "";
        /// Secret key of the bucket.
        s3_secret_key: Option<SecretString> = "";
        /// Largest picture accepted.
        max_upload: ByteSize = "10MiB" in "1KiB" to "1GiB";
        /// Most pixels of a picture, width times height.
        max_pixels: usize = "50000000" in "10000" to "1000000000" of "pixels";
        /// Memory that all pictures being decoded may take together; one that takes more by itself is refused.
        image_memory: ByteSize = "512MiB" in "1MiB" to "64GiB";
        /// Threads that decode pictures; 0 means one less than there are cores, and at least one.
        image_threads: usize = "0" in "0" to "256" of "threads";
        /// Most pictures waiting for a thread; further ones are answered 503.
        image_queue: usize = "32" in "1" to "10000" of "pictures";
        /// Memory for thumbnails that are asked for often.
        thumbnail_cache: ByteSize = "16MiB" in "64KiB" to "4GiB";
    }

    /// The library of books.
    books: Books {
        /// The categories that a book may have. A book keeps one that is taken off the list.
        categories: Vec<String> = "romance,poetry,politics,picture book,science,fantasy,horror,thriller";
    }

    /// Backups that the server makes by itself.
    backup: Backup {
        /// Folder for the archives, used for nothing else; without one the server makes no backups.
        dir: Option<PathBuf> = "";
        /// How old the newest archive may become before another one is made.
        every: Duration = "1d" in "1m" to "365d";
        /// How many archives are kept; older ones are removed after a good backup.
        keep: usize = "7" in "1" to "10000" of "archives";
        /// File with the passphrase that archives are encrypted with; without one they are not encrypted.
        passphrase_file: Option<PathBuf> = "";
    }

    /// Keys that sign tokens.
    keys: Keys {
        /// Master key that seals the signing keys in a database that several nodes share, at least 32 characters, the same
        /// for all nodes; without one the keys are files in `data.dir`, and there can be one node only. Of no use to
        /// SQLite.
        master_key: Option<SecretString> = "";
        /// File with the master key, instead of `keys.master_key`.
        master_key_file: Option<PathBuf> = "";
    }

    /// Who may have an account.
    accounts: Accounts {
        /// `open`: anyone may register; `approval`: anyone may, and waits until somebody approves it; `closed`: only
        /// administrators create accounts.
        registration: Registration = "open";
        /// `off`: nobody is asked to show that its e-mail address is its own; `optional`: a mail asks at registration, and sign-in
        /// does not wait for the answer; `required`: it does, an address is mandatory, and the answer to a registration does not
        /// say whether it has an account: its owner is told.
        email_verification: EmailVerification = "off";
    }

    /// The first administrator, made at start-up while there is none. Afterwards these settings have no effect.
    bootstrap: Bootstrap {
        /// Its e-mail address.
        admin_email: Option<String> = "";
        /// File with its password, as one line. Delete it afterwards.
        admin_password_file: Option<PathBuf> = "";
    }

    /// The record of who did what.
    audit: Audit {
        /// How long events are kept.
        retention: Duration = "365d" in "1d" to "36500d";
    }

    /// What passwords must be like and how they are hashed (Argon2id).
    password: Password {
        /// Shortest password accepted.
        min_length: usize = "8" in "8" to "64" of "characters";
        /// Longest password accepted.
        max_length: usize = "256" in "64" to "1024" of "characters";
        /// Whether passwords from a list of common ones are refused.
        refuse_common: bool = "true";
        /// Memory one hash takes. OWASP advises 19MiB with 2 iterations and a parallelism of 1.
        hash_memory: ByteSize = "19MiB" in "8MiB" to "1GiB";
        /// Passes one hash makes over its memory.
        hash_iterations: u32 = "2" in "1" to "100" of "iterations";
        /// Lanes one hash is divided into.
        hash_parallelism: u32 = "1" in "1" to "16" of "lanes";
        /// Threads that hash passwords; 0 means one less than there are cores, and at least one.
        hash_threads: usize = "0" in "0" to "256" of "threads";
        /// Most hashes waiting for a thread; further sign-ins are answered 503.
        hash_queue: usize = "64" in "1" to "10000" of "hashes";
    }

    /// What access tokens say and how long they are good.
    tokens: Tokens {
        /// The `iss` claim; none means `server.public_url`, or `portcullis` where that is none too.
        issuer: Option<String> = "";
        /// The `aud` claim; none leaves the claim out and accepts tokens without it.
        audience: Option<String> = "";
        /// How long an access token is good.
        access_lifetime: Duration = "15m" in "1m" to "24h";
        /// How access tokens are signed. `EdDSA`: with a key pair of the server, others verify with the public keys at
        /// `/.well-known/jwks.json`. `HS256`: with `tokens.hs256_secret`, for services that can verify nothing else; each of
        /// them can then make tokens too.
        algorithm: TokenAlgorithm = "EdDSA";
        /// Secret of HS256, at least 32 bytes: openssl rand -base64 48.
        hs256_secret: Option<SecretString> = "";
        /// File with the secret of HS256, instead of `tokens.hs256_secret`.
        hs256_secret_file: Option<PathBuf> = "";
        /// An earlier secret of HS256 whose tokens are still good, so that nobody notices when it is changed.
        hs256_previous_secret: Option<SecretString> = "";
        /// File with an earlier secret of HS256, instead of `tokens.hs256_previous_secret`.
        hs256_previous_secret_file: Option<PathBuf> = "";
    }

    /// How long sign-ins last.
    sessions: Sessions {
        /// How long a session lives without being refreshed.
        idle_lifetime: Duration = "30d" in "5m" to "3650d";
        /// How long a session lives at most, however often it is refreshed.
        lifetime: Duration = "180d" in "5m" to "3650d";
        /// Most sessions of one account; a further sign-in ends the oldest.
        max_per_account: u32 = "100" in "1" to "10000" of "sessions";
    }

    /// How often one client address, and one account, may try. Each node counts addresses by itself (IPv4 by address, IPv6 by
    /// its /64); wrong passwords are counted in the database.
    limits: Limits {
        /// Whether there are limits at all: per address, and a growing delay after wrong passwords. Off is for load runs; devices
        /// are not looked at either then, so that nobody is mailed of a sign-in from a new one.
        enabled: bool = "true";
        /// Sign-ins from one address.
        sign_in: Rate = "60/m burst 120";
        /// Registrations from one address.
        registration: Rate = "60/h";
        /// Refreshes from one address.
        refresh: Rate = "600/m";
        /// Mails that one address asks for: ways to a new password, to verify an address, to change it.
        mail: Rate = "30/h";
    }

    /// Mails to account holders: how they leave, and what they look like.
    mail: Mail {
        /// The SMTP server that takes our mails. Without one they become `.eml` files in `mail.folder`, and reach nobody.
        smtp_host: Option<String> = "";
        /// Its port; 0 means the usual one: 587 for `starttls`, 465 for `implicit`, 25 for `none`.
        smtp_port: u32 = "0" in "0" to "65535";
        /// `starttls`: the connection is encrypted before anything is said; `implicit`: it is from its first byte on;
        /// `none`: it is not, which is allowed to loopback addresses only.
        smtp_tls: SmtpTls = "starttls";
        /// PEM file with the authorities that the server's certificate may be from; none means those that browsers know.
        smtp_ca: Option<PathBuf> = "";
        /// User name, if the server wants one.
        smtp_username: Option<String> = "";
        /// Password of `mail.smtp_username`.
        smtp_password: Option<SecretString> = "";
        /// File that holds it instead of `mail.smtp_password`.
        smtp_password_file: Option<PathBuf> = "";
        /// Folder for `.eml` files where there is no SMTP server; none means `mail` in `data.dir`.
        folder: Option<PathBuf> = "";
        /// Who the mails are from, such as `Example <accounts@example.org>`; none means `no-reply` at the host of
        /// `server.public_url`.
        from: Option<String> = "";
        /// What this installation is called in mails.
        product: String = "Portcullis";
        /// Colour of buttons and headings in mails, in hexadecimal digits.
        colour: String = "#27506f";
        /// Language of mails. English is built in; others come from `mail.templates`.
        language: String = "en";
        /// Folder with templates that replace built-in ones: `LANGUAGE/NAME.txt`, and `layout.html` for the frame.
        templates: Option<PathBuf> = "";
        /// How long one mail may take on its way to the SMTP server.
        timeout: Duration = "30s" in "1s" to "10m";
        /// How long sending a mail is tried; after that it is parked as failed.
        retry_for: Duration = "2d" in "1m" to "30d";
        /// How long after its delivery the variables of a mail are erased: name, address and the like.
        erase_after: Duration = "7d" in "1m" to "365d";
        /// How long what remains of a mail is kept: to whom it went, when, and how. Its link is good for a day at most.
        keep: Duration = "90d" in "2d" to "3650d";
    }

    /// Pages for account holders, at `/account`: register, sign in, verify an address, a new password, sessions. Their name and
    /// colour are those of mails (`mail.product`, `mail.colour`).
    pages: Pages {
        /// Whether there are such pages. Links in mails lead to `/account/verify` and `/account/reset` in either case; without
        /// the pages something else must answer there.
        enabled: bool = "true";
    }

    /// Doors that speak the contracts of existing backends (`docs/dialects.md`). None is open unless it has a place.
    dialects: Dialects {
        /// Where the contract `profile_api` is spoken: `/` for its own paths, `/old` for the same below `/old`.
        profile_api: Option<MountPath> = "";
        /// What it takes for a password: `contract`, any that is not empty; `server`, what the section `password` says.
        profile_api_password: DialectPassword = "contract";
        /// How long its sign-ins last: there is no refresh.
        profile_api_token_lifetime: Duration = "1d" in "1m" to "30d";
        /// Where the contract `task_manager` is spoken.
        task_manager: Option<MountPath> = "";
        /// What it takes for a password: `contract`, 8 to 32 of the characters `A-Za-z0-9@#$%^&+=`; `server`, what the
        /// section `password` says.
        task_manager_password: DialectPassword = "contract";
        /// How long its access tokens are good.
        task_manager_token_lifetime: Duration = "15m" in "1m" to "24h";
        /// How long its sign-ins last: refreshing does not prolong them.
        task_manager_refresh_lifetime: Duration = "7d" in "5m" to "30d";
        /// Where the contract `book_library` is spoken.
        book_library: Option<MountPath> = "";
        /// What it takes for a password: `contract`, 6 characters or more with an upper and a lower case letter, a digit and
        /// a special character among them; `server`, what the section `password` says.
        book_library_password: DialectPassword = "contract";
        /// How long its sign-ins last: there is no refresh.
        book_library_token_lifetime: Duration = "1d" in "1m" to "30d";
        /// Where the contract `form_login` is spoken.
        form_login: Option<MountPath> = "";
        /// What it takes for a password: `contract`, any that is not empty; `server`, what the section `password` says.
        form_login_password: DialectPassword = "contract";
        /// How long its sign-ins last: there is no refresh.
        form_login_token_lifetime: Duration = "30m" in "1m" to "30d";
        /// Whom its list of people shows to a caller who is no administrator: `own`, the caller alone; `all`, everybody
        /// with the e-mail addresses of everybody, as its original does.
        form_login_list_users: ListUsers = "own";
        /// Where the contract `approval_gate` is spoken.
        approval_gate: Option<MountPath> = "";
        /// What it takes for a password: `contract`, any that is not empty; `server`, what the section `password` says.
        approval_gate_password: DialectPassword = "contract";
        /// How long its sign-ins last: there is no refresh.
        approval_gate_token_lifetime: Duration = "15m" in "1m" to "30d";
    }

    /// What is logged and how.
    log: Log {
        /// Which messages are logged: a level for everything, or levels for single targets as well.
        level: LogFilter = "info";
        /// `auto` writes for people on a terminal and JSON elsewhere; `pretty` and `json` always do the one.
        format: LogFormat = "auto";
        /// A request that takes longer is logged with a warning that names its slowest statement.
        slow_request: Duration = "1s" in "1ms" to "1h";
    }

    /// What Prometheus reads: `/metrics`.
    metrics: Metrics {
        /// Address and port that serve the metrics, to anybody who can reach them, and nothing else; with one, the main
        /// address has no metrics.
        listen: Option<SocketAddr> = "";
        /// Networks that may read the metrics on the main address, without a proxy in between: a request with a forwarding
        /// header finds nothing. A proxy on this machine that adds none lets everybody in; give metrics an address of
        /// their own then.
        allow: Vec<IpNet> = "127.0.0.0/8,::1/128";
    }
}

/// Every setting of every section, in the order of their declaration.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| section.settings)
}

impl Default for Config {
    /// The built-in defaults alone.
    fn default() -> Self {
        Self::assemble(&mut Reader::default())
    }
}
