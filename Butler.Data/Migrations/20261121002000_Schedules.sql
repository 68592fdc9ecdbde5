-- What Ingest does by the clock. A row is claimed by one replica; it stays due until a run has ended, so that a run whose
-- replica died is done again by another one.
CREATE TABLE schedules (
  name text PRIMARY KEY,
  every interval CHECK (every > interval '0'),  -- an admin's change; null: as configured
  enabled boolean,                              -- the same
  next_run_at timestamptz NOT NULL,
  forced_at timestamptz,                        -- an admin wants a run now
  claim uuid,
  claimed_until timestamptz,
  runs bigint NOT NULL DEFAULT 0,
  failures bigint NOT NULL DEFAULT 0,
  last_started_at timestamptz,
  last_ended_at timestamptz,
  last_outcome text CHECK (last_outcome IN ('succeeded', 'failed')),
  last_note text,
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- Schedules that hold per account: each account has a place of its own within the interval.
CREATE TABLE account_schedules (
  name text NOT NULL,
  provider_user_id uuid NOT NULL REFERENCES provider_users (id) ON DELETE CASCADE,
  next_run_at timestamptz NOT NULL,
  last_run_at timestamptz,
  PRIMARY KEY (name, provider_user_id)
) WITH (fillfactor = 50);

-- The hourly retry and the admin's list look at what is unresolved.
CREATE INDEX failed_tasks_open ON failed_tasks (created_at, id) WHERE resolved_at IS NULL;
ALTER TABLE failed_tasks ADD COLUMN last_retry_at timestamptz;
ALTER TABLE failed_tasks ADD COLUMN resolution text CHECK (resolution IN ('retried', 'by_hand'));
