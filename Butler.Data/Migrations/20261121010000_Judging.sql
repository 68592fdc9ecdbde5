-- What a verdict rests on, so that it can be explained and replayed: model file or prompt, the features that weighed most, the answer,
-- provider, tokens, latency, cost. It holds text of the mail, so it lies and goes with the verdict.
ALTER TABLE verdicts ADD COLUMN record jsonb;
DO $$
BEGIN
  PERFORM butler_no_statistics('verdicts'::regclass);
  PERFORM butler_no_statistics(i.inhrelid::regclass) FROM pg_inherits i WHERE i.inhparent = 'verdicts'::regclass;
END $$;

-- Mails whose newest verdict is provisional: exactly those that wait for a chat model's. Ids only.
CREATE TABLE open_judgings (
  mail_id uuid PRIMARY KEY,
  provider_user_id uuid NOT NULL,
  lane smallint NOT NULL CHECK (lane IN (0, 1)),
  received_at timestamptz NOT NULL,
  correlation_id uuid NOT NULL,
  task_id uuid,                                -- who waits for it, if anybody does
  replace boolean NOT NULL DEFAULT false,      -- an existing draft is to be replaced
  sent_at timestamptz,                         -- a message is on its way; null: waits its turn
  not_before timestamptz NOT NULL DEFAULT '-infinity',
  rounds int NOT NULL DEFAULT 0,               -- how often it was given back
  created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX open_judgings_waiting ON open_judgings (provider_user_id, lane DESC, received_at DESC) WHERE sent_at IS NULL;
CREATE INDEX open_judgings_sent ON open_judgings (sent_at) WHERE sent_at IS NOT NULL;

-- What was used, per day (UTC), account and model: the truth behind the budgets.
CREATE TABLE chat_usage (
  day date NOT NULL,
  provider_user_id uuid NOT NULL,
  app_user_id uuid NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  calls bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  input_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  cost numeric NOT NULL DEFAULT 0,
  PRIMARY KEY (day, provider_user_id, provider, model)
);
CREATE INDEX chat_usage_user ON chat_usage (app_user_id, day);

-- Cached answers are named and sealed with a key made of this and the master key; they cannot be opened once it is gone.
CREATE TABLE chat_salts (
  provider_user_id uuid PRIMARY KEY,
  salt bytea NOT NULL
);

-- The chat providers as each running Classifier sees them; names of configuration and states only.
CREATE TABLE chat_providers (
  instance uuid NOT NULL,
  name text NOT NULL,
  rank int NOT NULL,
  kind text NOT NULL,
  model text NOT NULL,
  breaker text NOT NULL CHECK (breaker IN ('closed', 'half_open', 'open')),
  not_before timestamptz,
  blocked text,
  last_fault text,
  last_answer_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (instance, name)
);

-- A provider that waits for a person, told once.
CREATE TABLE chat_alerts (
  provider text PRIMARY KEY,
  reason text NOT NULL,
  raised_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT ON open_judgings, chat_usage, chat_providers, chat_alerts TO butler_reader;
ALTER TABLE open_judgings ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON open_judgings FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()) OR provider_user_id = ANY ((SELECT butler_visible_accounts())::uuid[]));
ALTER TABLE chat_usage ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON chat_usage FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()) OR app_user_id = ANY ((SELECT butler_visible_users())::uuid[]));
ALTER TABLE chat_providers ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON chat_providers FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()));
ALTER TABLE chat_alerts ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON chat_alerts FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()));
ALTER TABLE chat_salts ENABLE ROW LEVEL SECURITY;

-- One kind more, whatever other migrations have added.
DO $$
DECLARE def text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'user_events'::regclass AND conname = 'user_events_kind_check');
BEGIN
  ALTER TABLE user_events DROP CONSTRAINT user_events_kind_check;
  EXECUTE 'ALTER TABLE user_events ADD CONSTRAINT user_events_kind_check ' || replace(def, 'ARRAY[', 'ARRAY[''chat_blocked''::text, ');
END $$;
