-- People ---------------------------------------------------------------------------------------------------------
CREATE TABLE families (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app_users (
  id uuid PRIMARY KEY,
  display_name text NOT NULL,
  role text NOT NULL CHECK (role IN ('member', 'family', 'admin')),
  family_id uuid REFERENCES families (id),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Bearer tokens, single-use sign-in codes and page sessions: only SHA-256 hashes of 128-bit or longer secrets.
CREATE TABLE api_tokens (
  id uuid PRIMARY KEY,
  app_user_id uuid NOT NULL REFERENCES app_users (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('bearer', 'link', 'session')),
  name text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL DEFAULT 'infinity',
  used_at timestamptz,
  revoked_at timestamptz
);

CREATE TABLE provider_users (
  id uuid PRIMARY KEY,
  app_user_id uuid NOT NULL REFERENCES app_users (id),
  provider text NOT NULL CHECK (provider IN ('gmail')),
  address text NOT NULL,
  display_name text NOT NULL DEFAULT '',
  services text[] NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'reconnect_needed', 'disconnected')),
  credentials bytea,
  whole_mailbox boolean NOT NULL DEFAULT false,
  history_id bigint,
  sync_fence bigint NOT NULL DEFAULT 0,
  last_sync_at timestamptz,
  consecutive_failures int NOT NULL DEFAULT 0,
  last_failure_at timestamptz,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider, address)
);
CREATE INDEX provider_users_app_user ON provider_users (app_user_id);

-- Any writer that switches an account's Gmail on starts its import (MECHANICS 6): the trigger only notes the fact.
CREATE TABLE account_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider_user_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('connected')),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION note_account_connected() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  INSERT INTO public.account_events (provider_user_id, kind) VALUES (NEW.id, 'connected');
  RETURN NULL;
END $$;

CREATE TRIGGER provider_users_connected_insert AFTER INSERT ON provider_users
  FOR EACH ROW WHEN ('gmail' = ANY (NEW.services) AND NEW.status = 'active' AND NEW.credentials IS NOT NULL)
  EXECUTE FUNCTION note_account_connected();
CREATE TRIGGER provider_users_connected_update AFTER UPDATE OF services, status ON provider_users
  FOR EACH ROW WHEN ('gmail' = ANY (NEW.services) AND NEW.status = 'active' AND NEW.credentials IS NOT NULL
    AND NOT ('gmail' = ANY (OLD.services) AND OLD.status = 'active'))
  EXECUTE FUNCTION note_account_connected();

-- Syncs and the ledger ---------------------------------------------------------------------------------------------
CREATE TABLE sync_jobs (
  id uuid PRIMARY KEY,
  app_user_id uuid NOT NULL,
  family_id uuid,
  provider_user_id uuid NOT NULL,
  type text NOT NULL CHECK (type IN ('import')),
  trigger text NOT NULL CHECK (trigger IN ('api', 'connect')),
  status text NOT NULL CHECK (status IN ('pending', 'in_progress', 'completed', 'failed')),
  months int,
  range_from timestamptz,
  range_to timestamptz NOT NULL,
  window_before timestamptz NOT NULL,
  window_days int NOT NULL DEFAULT 7,
  window_number int NOT NULL DEFAULT 0,
  page_token text,
  listed_share double precision NOT NULL DEFAULT 0 CHECK (listed_share BETWEEN 0 AND 1),
  total_known boolean NOT NULL DEFAULT false,
  total bigint NOT NULL DEFAULT 0,
  already_known bigint NOT NULL DEFAULT 0,
  processed bigint NOT NULL DEFAULT 0,
  skipped bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  transactions bigint NOT NULL DEFAULT 0,
  processed_until timestamptz,
  progress double precision NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
  error text,
  error_code text,
  details jsonb NOT NULL DEFAULT '{}',
  correlation_id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
CREATE UNIQUE INDEX sync_jobs_one_active ON sync_jobs (provider_user_id) WHERE status IN ('pending', 'in_progress');
CREATE INDEX sync_jobs_app_user ON sync_jobs (app_user_id, created_at DESC);

-- The truth about every mail. No index names a column that a transition changes, so every update is HOT.
CREATE TABLE ledger (
  id uuid PRIMARY KEY,
  provider_user_id uuid NOT NULL,
  provider_message_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('listed', 'stored', 'done', 'skipped', 'gone', 'dead', 'expired')),
  lane smallint NOT NULL CHECK (lane IN (0, 1)),
  rank bigint NOT NULL,
  attempts smallint NOT NULL DEFAULT 0,
  not_before timestamptz,
  sync_id uuid,
  correlation_id uuid NOT NULL,
  received_at timestamptz,
  reason text,
  listed_at timestamptz NOT NULL DEFAULT now(),
  stored_at timestamptz,
  closed_at timestamptz,
  CONSTRAINT ledger_once UNIQUE (provider_user_id, provider_message_id)
) WITH (fillfactor = 40); -- a batch updates all rows of a page at once, and each version is a little longer than the last: at 50 a quarter of the updates finds no room

-- Exactly the open rows of the ledger, with the stage that is due: a row leaves when its mail is closed.
CREATE TABLE ledger_open (
  id uuid PRIMARY KEY,
  provider_user_id uuid NOT NULL,
  stage smallint NOT NULL CHECK (stage IN (0, 1)), -- 0 fetch, 1 triage
  lane smallint NOT NULL,
  rank bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX ledger_open_due ON ledger_open (provider_user_id, stage, lane, rank);

CREATE TABLE ledger_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ledger_id uuid NOT NULL,
  provider_user_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('retry', 'dead', 'gone', 'skipped', 'reopened', 'repaired')),
  note text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ledger_events_ledger ON ledger_events (ledger_id);

CREATE TABLE slots (
  provider_user_id uuid NOT NULL,
  lane smallint NOT NULL CHECK (lane IN (0, 1)),
  seq bigint NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'idle' CHECK (state IN ('idle', 'pending')),
  not_before timestamptz,
  PRIMARY KEY (provider_user_id, lane)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);

-- Content: written once by COPY, partitioned by expiry (MECHANICS 11); kept mail expires at infinity. -------------------
CREATE TABLE emails (
  id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  provider_user_id uuid NOT NULL,
  thread_id text NOT NULL,
  message_id text,
  in_reply_to text,
  reference_ids text[] NOT NULL,
  sent_at timestamptz,
  received_at timestamptz NOT NULL,
  from_name text,
  from_address text,
  reply_to text[] NOT NULL,
  to_addresses text[] NOT NULL,
  cc_addresses text[] NOT NULL,
  subject text NOT NULL,
  new_text text NOT NULL,
  quoted_text text NOT NULL,
  attachments jsonb NOT NULL,
  size int NOT NULL,
  language text NOT NULL,
  signals jsonb NOT NULL,
  stored_at timestamptz NOT NULL,
  PRIMARY KEY (id, expires_at)
) PARTITION BY RANGE (expires_at);
CREATE TABLE emails_keep PARTITION OF emails FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE INDEX emails_newest ON emails (provider_user_id, received_at DESC, id);
CREATE INDEX emails_thread ON emails (provider_user_id, thread_id);
ALTER TABLE emails ALTER COLUMN new_text SET STATISTICS 0;
ALTER TABLE emails ALTER COLUMN quoted_text SET STATISTICS 0;
ALTER TABLE emails ALTER COLUMN subject SET STATISTICS 0;

CREATE TABLE mail_state (
  id uuid PRIMARY KEY,
  provider_user_id uuid NOT NULL,
  labels text[] NOT NULL,
  direction text NOT NULL CHECK (direction IN ('in', 'out')),
  deleted_at timestamptz,
  updated_at timestamptz NOT NULL
);

CREATE TABLE verdicts (
  mail_id uuid NOT NULL,
  revision int NOT NULL,
  expires_at timestamptz NOT NULL,
  provider_user_id uuid NOT NULL,
  category text NOT NULL CHECK (category IN ('needs_reply', 'informational', 'spam')),
  confidence real NOT NULL CHECK (confidence BETWEEN 0 AND 1),
  reasoning text NOT NULL,
  summary text NOT NULL,
  model_used text NOT NULL,
  tokens_used int NOT NULL,
  provisional boolean NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (mail_id, revision, expires_at)
) PARTITION BY RANGE (expires_at);
CREATE TABLE verdicts_keep PARTITION OF verdicts FOR VALUES FROM ('infinity') TO (MAXVALUE);
ALTER TABLE verdicts ALTER COLUMN summary SET STATISTICS 0;

CREATE TABLE email_tags (
  mail_id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  provider_user_id uuid NOT NULL,
  tag text NOT NULL,
  PRIMARY KEY (mail_id, tag, expires_at)
) PARTITION BY RANGE (expires_at);
CREATE TABLE email_tags_keep PARTITION OF email_tags FOR VALUES FROM ('infinity') TO (MAXVALUE);

CREATE TABLE replies (
  mail_id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  provider_user_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('intended', 'sending', 'created', 'removed', 'suppressed', 'unknown')),
  reason text,
  generated_reply text NOT NULL DEFAULT '',
  intent text,
  language text,
  model_used text,
  tokens_used int NOT NULL DEFAULT 0,
  thread_id text NOT NULL,
  send_key uuid,
  start_history_id bigint,
  send_before timestamptz,
  draft_id text,
  draft_message_id text,
  content_hash bytea,
  sends int NOT NULL DEFAULT 0,
  correlation_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider_user_id, mail_id, expires_at)
) PARTITION BY RANGE (expires_at);
CREATE TABLE replies_keep PARTITION OF replies FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE INDEX replies_mail ON replies (mail_id);
CREATE INDEX replies_open ON replies (updated_at) WHERE state IN ('intended', 'sending');

CREATE VIEW ai_responses WITH (security_invoker = true) AS
  SELECT DISTINCT ON (v.mail_id) v.mail_id, v.provider_user_id, v.category, v.confidence, v.reasoning, v.summary, v.model_used, v.tokens_used,
    v.provisional, v.revision, v.created_at, r.generated_reply, r.draft_id, r.state AS reply_state, r.reason AS reply_reason, v.expires_at
  FROM verdicts v LEFT JOIN replies r ON r.mail_id = v.mail_id
  ORDER BY v.mail_id, v.revision DESC;

-- Tasks, failures, messages --------------------------------------------------------------------------------------------
CREATE TABLE tasks (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('sync', 'process')),
  app_user_id uuid NOT NULL,
  provider_user_id uuid NOT NULL,
  sync_id uuid,
  ledger_id uuid,
  status text NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
  correlation_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz
);
CREATE INDEX tasks_sync ON tasks (sync_id) WHERE sync_id IS NOT NULL;

CREATE TABLE failed_tasks (
  id uuid PRIMARY KEY,
  task text NOT NULL,
  provider_user_id uuid,
  ledger_id uuid,
  sync_id uuid,
  message jsonb NOT NULL,
  error text NOT NULL,
  stack_trace text,
  retry_count int NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz
);
CREATE INDEX failed_tasks_account ON failed_tasks (provider_user_id, created_at DESC);

CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  queue text NOT NULL,
  lane smallint NOT NULL CHECK (lane IN (0, 1, 2)), -- 0 bulk, 1 live, 2 model
  kind text NOT NULL,
  body jsonb NOT NULL,
  provider_user_id uuid,
  correlation_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  due_at timestamptz NOT NULL DEFAULT now(),
  attempts int NOT NULL DEFAULT 0,
  failures int NOT NULL DEFAULT 0,
  lease uuid
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX outbox_due ON outbox (queue, lane, due_at);
CREATE INDEX outbox_account ON outbox (provider_user_id, kind);

CREATE TABLE user_events (
  id uuid PRIMARY KEY,
  app_user_id uuid NOT NULL,
  provider_user_id uuid,
  kind text NOT NULL CHECK (kind IN ('import_finished', 'reconnect_needed', 'draft_unknown', 'repaired')),
  message text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX user_events_user ON user_events (app_user_id, created_at DESC);

-- lz4 where the server has it: the default costs 3.5 times the time (DESIGN section 8).
DO $$
DECLARE t text; c text;
BEGIN
  FOREACH t IN ARRAY ARRAY['emails', 'emails_keep'] LOOP
    FOREACH c IN ARRAY ARRAY['new_text', 'quoted_text', 'signals'] LOOP
      EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET COMPRESSION lz4', t, c);
    END LOOP;
  END LOOP;
EXCEPTION WHEN feature_not_supported THEN
  RAISE NOTICE 'this server has no lz4; large texts use its default compression';
END $$;
