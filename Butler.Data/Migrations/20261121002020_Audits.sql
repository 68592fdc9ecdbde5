-- An audit lists an account's mail at the provider and compares it with the ledger: the proof that nothing is missing.
CREATE TABLE audits (
  id uuid PRIMARY KEY,
  provider_user_id uuid NOT NULL REFERENCES provider_users (id) ON DELETE CASCADE,
  requested_by uuid,
  repair boolean NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'completed', 'failed')),
  range_from timestamptz,               -- null: everything
  whole_range boolean NOT NULL,         -- the range is all that was ever imported
  page_token text,
  pages int NOT NULL DEFAULT 0,
  listed boolean NOT NULL DEFAULT false,
  looks int NOT NULL DEFAULT 0,
  at_provider bigint NOT NULL DEFAULT 0,
  done bigint NOT NULL DEFAULT 0,
  skipped bigint NOT NULL DEFAULT 0,
  gone bigint NOT NULL DEFAULT 0,
  dead bigint NOT NULL DEFAULT 0,
  expired bigint NOT NULL DEFAULT 0,
  open bigint NOT NULL DEFAULT 0,
  missing bigint NOT NULL DEFAULT 0,
  unlisted bigint NOT NULL DEFAULT 0,   -- recorded, and no longer in the provider's listing
  deleted bigint NOT NULL DEFAULT 0,    -- known to be deleted at the provider, and not in its listing
  repaired bigint NOT NULL DEFAULT 0,
  retried bigint NOT NULL DEFAULT 0,
  differing text[] NOT NULL DEFAULT '{}', -- the first provider ids that are missing
  error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz
);
CREATE UNIQUE INDEX audits_one_running ON audits (provider_user_id) WHERE status = 'running';
CREATE INDEX audits_account ON audits (provider_user_id, created_at DESC);

-- What a running audit has listed so far.
CREATE TABLE audit_ids (
  audit_id uuid NOT NULL,
  provider_message_id text NOT NULL,
  PRIMARY KEY (audit_id, provider_message_id)
);
