-- One reader of an account's history at a time (MECHANICS 6): a lease with the fence that is there already.
ALTER TABLE provider_users
  ADD COLUMN reading_until timestamptz,
  ADD COLUMN last_history_at timestamptz,
  ADD COLUMN watch_topic text,
  ADD COLUMN watch_renewed_at timestamptz,
  ADD COLUMN watch_expires_at timestamptz,
  ADD COLUMN gap_found_at timestamptz; -- set until a repair that began later has ended

-- A notification names an address; Google's spelling of it need not be the one that was connected.
CREATE INDEX provider_users_lower_address ON provider_users (lower(address)) WHERE provider = 'gmail';

-- Pub/Sub's message ids, kept 8 days: one longer than Pub/Sub keeps a message.
CREATE TABLE inbox (
  message_id text PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_received ON inbox (received_at);

-- A repair is a sync of its own kind: it lists like an import and counts like one.
ALTER TABLE sync_jobs DROP CONSTRAINT sync_jobs_type_check, ADD CONSTRAINT sync_jobs_type_check CHECK (type IN ('import', 'repair'));
ALTER TABLE sync_jobs DROP CONSTRAINT sync_jobs_trigger_check, ADD CONSTRAINT sync_jobs_trigger_check CHECK (trigger IN ('api', 'connect', 'gap'));

-- What a repair's listing showed, until it is compared with the ledger.
CREATE TABLE repair_seen (
  sync_id uuid NOT NULL,
  provider_user_id uuid NOT NULL,
  provider_message_id text NOT NULL,
  PRIMARY KEY (sync_id, provider_message_id)
);

-- Label changes of mails whose content is still on its way; taken over when it is stored.
CREATE TABLE label_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ledger_id uuid NOT NULL,
  provider_user_id uuid NOT NULL,
  added text[] NOT NULL,
  removed text[] NOT NULL
);
CREATE INDEX label_changes_ledger ON label_changes (ledger_id);
