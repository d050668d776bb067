-- Columns whose order or prefix is asked for are compared byte by byte (COLLATE "C"), whatever the database's locale.

-- Accounts: an integer key inside, a UUIDv7 outside; *_key columns hold the folded form that is compared. A disabling
-- ends by itself when disabled_until has come; the row keeps it.
CREATE TABLE accounts (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id UUID NOT NULL,
    username TEXT,
    username_key TEXT COLLATE "C",
    email TEXT,
    email_key TEXT COLLATE "C",
    name TEXT,
    name_key TEXT COLLATE "C",
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    disabled_reason TEXT,
    disabled_until BIGINT,
    password_hash TEXT,
    epoch BIGINT NOT NULL,
    version BIGINT NOT NULL,
    email_verified_at BIGINT,
    last_login_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);

CREATE UNIQUE INDEX uq_accounts_public_id ON accounts (public_id);

CREATE UNIQUE INDEX uq_accounts_username_key ON accounts (username_key);

CREATE UNIQUE INDEX uq_accounts_email_key ON accounts (email_key);

CREATE INDEX ix_accounts_deleted_at ON accounts (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX ix_accounts_created_at ON accounts (created_at, id);

CREATE INDEX ix_accounts_role_created_at ON accounts (role, created_at, id);

CREATE INDEX ix_accounts_status_created_at ON accounts (status, created_at, id);

-- Sessions: one row a sign-in. The counters are those of the refresh token; no table grows with refreshes.
CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL CONSTRAINT fk_sessions_account_id REFERENCES accounts (id),
    kind TEXT NOT NULL,
    key_set TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    current_counter BIGINT NOT NULL,
    previous_counter BIGINT,
    rotated_at BIGINT,
    rotated_ip TEXT,
    confirmed_at BIGINT,
    repeated_ip TEXT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL
);

CREATE INDEX ix_sessions_account_id ON sessions (account_id, created_at);

CREATE INDEX ix_sessions_ended_at ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE INDEX ix_sessions_idle_expires_at ON sessions (idle_expires_at);

-- Tasks: completed means that completed_at is set.
CREATE TABLE tasks (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id UUID NOT NULL,
    account_id BIGINT NOT NULL CONSTRAINT fk_tasks_account_id REFERENCES accounts (id),
    title TEXT NOT NULL,
    title_key TEXT COLLATE "C" NOT NULL,
    description TEXT NOT NULL,
    description_key TEXT COLLATE "C" NOT NULL,
    due_at BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    completed_at BIGINT
);

CREATE UNIQUE INDEX uq_tasks_public_id ON tasks (public_id);

CREATE INDEX ix_tasks_account_id_created_at ON tasks (account_id, created_at, id);

CREATE TABLE books (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id UUID NOT NULL,
    account_id BIGINT NOT NULL CONSTRAINT fk_books_account_id REFERENCES accounts (id),
    title TEXT NOT NULL,
    title_key TEXT COLLATE "C" NOT NULL,
    description TEXT NOT NULL,
    description_key TEXT COLLATE "C" NOT NULL,
    category TEXT NOT NULL,
    cover_original TEXT,
    cover_thumbnail TEXT,
    cover_width BIGINT,
    cover_height BIGINT,
    cover_bytes BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX uq_books_public_id ON books (public_id);

CREATE UNIQUE INDEX uq_books_account_id_title_key ON books (account_id, title_key);

CREATE INDEX ix_books_account_id_created_at ON books (account_id, created_at, id);

CREATE INDEX ix_books_account_id_category ON books (account_id, category, created_at, id);

-- Which of the objects that stand in the storage have a row.
CREATE INDEX ix_books_cover_original ON books (cover_original);

CREATE INDEX ix_books_cover_thumbnail ON books (cover_thumbnail);

-- What happened, in the transaction that made it happen. Public ids, because it outlives the accounts it names.
CREATE TABLE audit_events (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id UUID NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor_id UUID,
    account_id UUID,
    ip TEXT,
    detail TEXT NOT NULL
);

CREATE UNIQUE INDEX uq_audit_events_public_id ON audit_events (public_id);

CREATE INDEX ix_audit_events_at ON audit_events (at, id);

CREATE INDEX ix_audit_events_account_id_at ON audit_events (account_id, at, id);

CREATE INDEX ix_audit_events_kind_at ON audit_events (kind, at, id);

-- First answers of repeatable creations, kept for 24 hours.
CREATE TABLE idempotency_keys (
    account_id BIGINT NOT NULL CONSTRAINT fk_idempotency_keys_account_id REFERENCES accounts (id),
    route TEXT COLLATE "C" NOT NULL,
    idempotency_key TEXT COLLATE "C" NOT NULL,
    body_mac BYTEA NOT NULL,
    location TEXT NOT NULL,
    etag TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT uq_idempotency_keys_account_id_route_idempotency_key
        PRIMARY KEY (account_id, route, idempotency_key)
);

CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

-- The outbox: mails that must leave, written in the transaction that is their cause. A row keeps template and variables,
-- never the body. next_attempt_at is null once a mail is finished; while a node sends it, it is the end of the lease.
CREATE TABLE mails (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id UUID NOT NULL,
    template TEXT NOT NULL,
    recipient TEXT NOT NULL,
    account_id BIGINT CONSTRAINT fk_mails_account_id REFERENCES accounts (id),
    account_epoch BIGINT,
    address_key TEXT COLLATE "C",
    variables TEXT,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    lease UUID,
    last_error TEXT,
    code_failures BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    queued_at BIGINT NOT NULL,
    next_attempt_at BIGINT,
    handed_over_at BIGINT,
    finished_at BIGINT,
    erase_at BIGINT,
    void_at BIGINT
);

CREATE UNIQUE INDEX uq_mails_public_id ON mails (public_id);

CREATE INDEX ix_mails_next_attempt_at ON mails (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE INDEX ix_mails_account_id ON mails (account_id, id);

CREATE INDEX ix_mails_erase_at ON mails (erase_at) WHERE erase_at IS NOT NULL;

CREATE INDEX ix_mails_finished_at ON mails (finished_at) WHERE finished_at IS NOT NULL;

-- Which key sets exist and what they may still do. The keys stand in the data folder, or here under a master key. Only
-- one set can stand in the slot of each of the states current and next: commands and nodes that act at once agree on it.
CREATE TABLE key_sets (
    id TEXT NOT NULL PRIMARY KEY,
    slot TEXT,
    state TEXT NOT NULL,
    sealed BYTEA,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    revoked_at BIGINT
);

CREATE UNIQUE INDEX uq_key_sets_slot ON key_sets (slot);

-- The addresses that accounts have signed in from, as a MAC. They keep a budget of wrong passwords of their own.
CREATE TABLE known_devices (
    account_id BIGINT NOT NULL CONSTRAINT fk_known_devices_account_id REFERENCES accounts (id),
    device BYTEA NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, device)
);

CREATE INDEX ix_known_devices_seen_at ON known_devices (seen_at);

-- Wrong passwords, by a MAC of what was guessed at: unknown names have rows too. An attempt counts before it is judged.
CREATE TABLE password_guesses (
    subject BYTEA NOT NULL CONSTRAINT uq_password_guesses_subject PRIMARY KEY,
    failures BIGINT NOT NULL,
    attempted_at BIGINT NOT NULL
);

CREATE INDEX ix_password_guesses_attempted_at ON password_guesses (attempted_at);
