-- Families have somebody who invites and removes; who leaves hands that on.
ALTER TABLE families ADD COLUMN owner_user_id uuid REFERENCES app_users (id);
UPDATE families f SET owner_user_id = (SELECT u.id FROM app_users u WHERE u.family_id = f.id ORDER BY u.created_at, u.id LIMIT 1);
CREATE INDEX app_users_family ON app_users (family_id) WHERE family_id IS NOT NULL;

-- One-time links: only the SHA-256 of a 128-bit code.
CREATE TABLE family_invitations (
  id uuid PRIMARY KEY,
  family_id uuid NOT NULL REFERENCES families (id) ON DELETE CASCADE,
  hash bytea NOT NULL UNIQUE,
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_by uuid,
  used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX family_invitations_family ON family_invitations (family_id);

-- A connection under way (OAuth 2.0, RFC 6749 section 4.1, PKCE RFC 7636): the state is known by its hash, bound to the session
-- or token that began it; verifier and code are sealed and go as soon as they are used.
CREATE TABLE connect_states (
  id uuid PRIMARY KEY,
  app_user_id uuid NOT NULL REFERENCES app_users (id) ON DELETE CASCADE,
  origin text NOT NULL CHECK (origin IN ('page', 'api')),
  state_hash bytea NOT NULL UNIQUE,
  binding bytea NOT NULL,
  redirect_uri text NOT NULL,
  verifier bytea,
  code bytea,
  status text NOT NULL CHECK (status IN ('started', 'returned', 'connected', 'failed')),
  error text,
  provider_user_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX connect_states_expires ON connect_states (expires_at);

-- Who did what to whose data: ids only, never an address, a subject or a secret.
CREATE TABLE audit_events (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN (
    'account_connected', 'account_reconnected', 'account_disconnected', 'data_erased', 'read_by_family', 'read_by_admin', 'keys_rotation_started', 'keys_rotation_finished',
    'user_added', 'user_changed', 'family_created', 'family_invited', 'family_joined', 'family_left', 'family_removed', 'token_created', 'token_revoked')),
  actor_user_id uuid,
  subject_user_id uuid,
  provider_user_id uuid,
  details jsonb NOT NULL DEFAULT '{}',
  -- Of reads the first of each hour is kept.
  hour timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX audit_events_read_once ON audit_events (actor_user_id, subject_user_id, kind, hour) WHERE hour IS NOT NULL;
CREATE INDEX audit_events_subject ON audit_events (subject_user_id, created_at DESC);
CREATE INDEX audit_events_actor ON audit_events (actor_user_id, created_at DESC);

GRANT SELECT (id, family_id, created_by, created_at, expires_at, used_by, used_at, revoked_at) ON family_invitations TO butler_reader;
ALTER TABLE family_invitations ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON family_invitations FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()) OR family_id = (SELECT butler_family_of(butler_user())));

GRANT SELECT (id, app_user_id, origin, status, error, provider_user_id, created_at, expires_at) ON connect_states TO butler_reader;
ALTER TABLE connect_states ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON connect_states FOR SELECT TO butler_reader USING (app_user_id = (SELECT butler_user()));

GRANT SELECT ON audit_events TO butler_reader;
ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON audit_events FOR SELECT TO butler_reader USING (
  (SELECT butler_reads_all()) OR subject_user_id = (SELECT butler_user()) OR actor_user_id = (SELECT butler_user()));
