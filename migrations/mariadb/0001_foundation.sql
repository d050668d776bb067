-- Lengths are those of the checks on the way in; a folded text can be longer than the typed one. Every text is compared
-- byte by byte, spaces at its end included.

-- Accounts: an integer key inside, a UUIDv7 outside; *_key columns hold the folded form that is compared. A disabling
-- ends by itself when disabled_until has come; the row keeps it.
CREATE TABLE accounts (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    public_id BINARY(16) NOT NULL,
    username VARCHAR(64),
    username_key VARCHAR(256),
    email VARCHAR(254),
    email_key VARCHAR(254),
    name VARCHAR(200),
    name_key VARCHAR(600),
    role VARCHAR(20) NOT NULL,
    status VARCHAR(20) NOT NULL,
    disabled_reason VARCHAR(500),
    disabled_until BIGINT,
    password_hash VARCHAR(1000),
    epoch BIGINT NOT NULL,
    version BIGINT NOT NULL,
    email_verified_at BIGINT,
    last_login_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE UNIQUE INDEX uq_accounts_public_id ON accounts (public_id);

CREATE UNIQUE INDEX uq_accounts_username_key ON accounts (username_key);

CREATE UNIQUE INDEX uq_accounts_email_key ON accounts (email_key);

CREATE INDEX ix_accounts_deleted_at ON accounts (deleted_at);

CREATE INDEX ix_accounts_created_at ON accounts (created_at, id);

CREATE INDEX ix_accounts_role_created_at ON accounts (role, created_at, id);

CREATE INDEX ix_accounts_status_created_at ON accounts (status, created_at, id);

-- Sessions: one row a sign-in. The counters are those of the refresh token; no table grows with refreshes.
CREATE TABLE sessions (
    id BINARY(16) NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL,
    kind VARCHAR(50) NOT NULL,
    key_set VARCHAR(64) NOT NULL,
    epoch BIGINT NOT NULL,
    current_counter BIGINT NOT NULL,
    previous_counter BIGINT,
    rotated_at BIGINT,
    rotated_ip VARCHAR(45),
    confirmed_at BIGINT,
    repeated_ip VARCHAR(45),
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason VARCHAR(50),
    ip VARCHAR(45) NOT NULL,
    user_agent VARCHAR(200) NOT NULL,
    CONSTRAINT fk_sessions_account_id FOREIGN KEY (account_id) REFERENCES accounts (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE INDEX ix_sessions_account_id ON sessions (account_id, created_at);

CREATE INDEX ix_sessions_ended_at ON sessions (ended_at);

CREATE INDEX ix_sessions_idle_expires_at ON sessions (idle_expires_at);

-- Tasks: completed means that completed_at is set.
CREATE TABLE tasks (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    public_id BINARY(16) NOT NULL,
    account_id BIGINT NOT NULL,
    title VARCHAR(200) NOT NULL,
    title_key VARCHAR(600) NOT NULL,
    description TEXT NOT NULL,
    description_key MEDIUMTEXT NOT NULL,
    due_at BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    completed_at BIGINT,
    CONSTRAINT fk_tasks_account_id FOREIGN KEY (account_id) REFERENCES accounts (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE UNIQUE INDEX uq_tasks_public_id ON tasks (public_id);

CREATE INDEX ix_tasks_account_id_created_at ON tasks (account_id, created_at, id);

CREATE TABLE books (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    public_id BINARY(16) NOT NULL,
    account_id BIGINT NOT NULL,
    title VARCHAR(200) NOT NULL,
    title_key VARCHAR(600) NOT NULL,
    description TEXT NOT NULL,
    description_key MEDIUMTEXT NOT NULL,
    category VARCHAR(200) NOT NULL,
    cover_original VARCHAR(40),
    cover_thumbnail VARCHAR(40),
    cover_width BIGINT,
    cover_height BIGINT,
    cover_bytes BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT fk_books_account_id FOREIGN KEY (account_id) REFERENCES accounts (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE UNIQUE INDEX uq_books_public_id ON books (public_id);

CREATE UNIQUE INDEX uq_books_account_id_title_key ON books (account_id, title_key);

CREATE INDEX ix_books_account_id_created_at ON books (account_id, created_at, id);

CREATE INDEX ix_books_account_id_category ON books (account_id, category, created_at, id);

-- Which of the objects that stand in the storage have a row.
CREATE INDEX ix_books_cover_original ON books (cover_original);

CREATE INDEX ix_books_cover_thumbnail ON books (cover_thumbnail);

-- What happened, in the transaction that made it happen. Public ids, because it outlives the accounts it names.
CREATE TABLE audit_events (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    public_id BINARY(16) NOT NULL,
    at BIGINT NOT NULL,
    kind VARCHAR(50) NOT NULL,
    actor_id BINARY(16),
    account_id BINARY(16),
    ip VARCHAR(45),
    detail TEXT NOT NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE UNIQUE INDEX uq_audit_events_public_id ON audit_events (public_id);

CREATE INDEX ix_audit_events_at ON audit_events (at, id);

CREATE INDEX ix_audit_events_account_id_at ON audit_events (account_id, at, id);

CREATE INDEX ix_audit_events_kind_at ON audit_events (kind, at, id);

-- First answers of repeatable creations, kept for 24 hours. MariaDB gives a primary key no name that a violation could be
-- told by, so the key that matters is a second one.
CREATE TABLE idempotency_keys (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account_id BIGINT NOT NULL,
    route VARCHAR(100) NOT NULL,
    idempotency_key VARCHAR(200) NOT NULL,
    body_mac VARBINARY(64) NOT NULL,
    location VARCHAR(500) NOT NULL,
    etag VARCHAR(200) NOT NULL,
    body MEDIUMTEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT uq_idempotency_keys_account_id_route_idempotency_key UNIQUE (account_id, route, idempotency_key),
    CONSTRAINT fk_idempotency_keys_account_id FOREIGN KEY (account_id) REFERENCES accounts (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

-- The outbox: mails that must leave, written in the transaction that is their cause. A row keeps template and variables,
-- never the body. next_attempt_at is null once a mail is finished; while a node sends it, it is the end of the lease.
CREATE TABLE mails (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    public_id BINARY(16) NOT NULL,
    template VARCHAR(50) NOT NULL,
    recipient VARCHAR(254) NOT NULL,
    account_id BIGINT,
    account_epoch BIGINT,
    address_key VARCHAR(254),
    variables TEXT,
    state VARCHAR(20) NOT NULL,
    attempts BIGINT NOT NULL,
    lease BINARY(16),
    last_error TEXT,
    code_failures BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    queued_at BIGINT NOT NULL,
    next_attempt_at BIGINT,
    handed_over_at BIGINT,
    finished_at BIGINT,
    erase_at BIGINT,
    void_at BIGINT,
    CONSTRAINT fk_mails_account_id FOREIGN KEY (account_id) REFERENCES accounts (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE UNIQUE INDEX uq_mails_public_id ON mails (public_id);

CREATE INDEX ix_mails_next_attempt_at ON mails (next_attempt_at);

CREATE INDEX ix_mails_account_id ON mails (account_id, id);

CREATE INDEX ix_mails_erase_at ON mails (erase_at);

CREATE INDEX ix_mails_finished_at ON mails (finished_at);

-- Which key sets exist and what they may still do. The keys stand in the data folder, or here under a master key. Only
-- one set can stand in the slot of each of the states current and next: commands and nodes that act at once agree on it.
CREATE TABLE key_sets (
    id VARCHAR(64) NOT NULL PRIMARY KEY,
    slot VARCHAR(20),
    state VARCHAR(20) NOT NULL,
    sealed BLOB,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    revoked_at BIGINT
) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE UNIQUE INDEX uq_key_sets_slot ON key_sets (slot);

-- The addresses that accounts have signed in from, as a MAC. They keep a budget of wrong passwords of their own.
CREATE TABLE known_devices (
    account_id BIGINT NOT NULL,
    device VARBINARY(32) NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, device),
    CONSTRAINT fk_known_devices_account_id FOREIGN KEY (account_id) REFERENCES accounts (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE INDEX ix_known_devices_seen_at ON known_devices (seen_at);

-- Wrong passwords, by a MAC of what was guessed at: unknown names have rows too. An attempt counts before it is judged. The key
-- that matters is a second one, as above.
CREATE TABLE password_guesses (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    subject VARBINARY(32) NOT NULL,
    failures BIGINT NOT NULL,
    attempted_at BIGINT NOT NULL,
    CONSTRAINT uq_password_guesses_subject UNIQUE (subject)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE INDEX ix_password_guesses_attempted_at ON password_guesses (attempted_at);
