-- Mailboxes of other kinds. What is switched on is named by its kind: gmail, imap or file.
ALTER TABLE provider_users DROP CONSTRAINT provider_users_provider_check, ADD CONSTRAINT provider_users_provider_check CHECK (provider IN ('gmail', 'imap', 'file'));
ALTER TABLE provider_users DROP CONSTRAINT provider_users_status_check,
  ADD CONSTRAINT provider_users_status_check CHECK (status IN ('active', 'reconnect_needed', 'disconnected', 'paused'));
DROP TRIGGER provider_users_connected_insert ON provider_users;
DROP TRIGGER provider_users_connected_update ON provider_users;
CREATE TRIGGER provider_users_connected_insert AFTER INSERT ON provider_users
  FOR EACH ROW WHEN (NEW.services && '{gmail,imap,file}' AND NEW.status = 'active' AND NEW.credentials IS NOT NULL)
  EXECUTE FUNCTION note_account_connected();
CREATE TRIGGER provider_users_connected_update AFTER UPDATE OF services, status ON provider_users
  FOR EACH ROW WHEN (NEW.services && '{gmail,imap,file}' AND NEW.status = 'active' AND NEW.credentials IS NOT NULL
    AND NOT (OLD.services && '{gmail,imap,file}' AND OLD.status = 'active'))
  EXECUTE FUNCTION note_account_connected();

-- How to reach an IMAP account; what it logs in with is sealed in provider_users. The row's lock serialises whoever changes what is
-- known of its folders, so ids of changes are seen in the order in which they were given.
CREATE TABLE imap_accounts (
  provider_user_id uuid PRIMARY KEY,
  host text NOT NULL,
  port int NOT NULL CHECK (port BETWEEN 1 AND 65535),
  security text NOT NULL CHECK (security IN ('tls', 'starttls', 'none')),
  user_name text NOT NULL,
  auth text NOT NULL CHECK (auth IN ('password', 'oauth')),
  folders text[] NOT NULL DEFAULT '{}',
  generation bigint NOT NULL DEFAULT 0,
  history_id bigint NOT NULL DEFAULT 1,
  history_floor bigint NOT NULL DEFAULT 0,
  looked_at timestamptz,
  next_try_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE mailbox_folders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider_user_id uuid NOT NULL,
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('none', 'inbox', 'all', 'archive', 'drafts', 'flagged', 'important', 'junk', 'sent', 'trash')),
  followed boolean NOT NULL,
  uidvalidity bigint,
  uidnext bigint,
  highestmodseq bigint,
  messages bigint,
  CONSTRAINT mailbox_folders_once UNIQUE (provider_user_id, name)
);

-- Where each known mail lies. The mail's id is the server's own (EMAILID, X-GM-MSGID), else the location where it was first seen, a name
-- that stays when the mail moves.
CREATE TABLE message_locations (
  folder_id bigint NOT NULL,
  uid bigint NOT NULL,
  provider_user_id uuid NOT NULL,
  provider_message_id text NOT NULL,
  flags smallint NOT NULL,
  labels text[],
  size bigint NOT NULL,
  internal_date timestamptz NOT NULL,
  thread_id text,
  from_owner boolean NOT NULL DEFAULT false,
  PRIMARY KEY (folder_id, uid)
) WITH (fillfactor = 90);
CREATE INDEX message_locations_mail ON message_locations (provider_user_id, provider_message_id);
CREATE INDEX message_locations_newest ON message_locations (provider_user_id, internal_date DESC, folder_id, uid);

-- The account's log of changes: what Gmail keeps as its history.
CREATE TABLE mailbox_changes (
  provider_user_id uuid NOT NULL,
  id bigint NOT NULL,
  kind smallint NOT NULL CHECK (kind IN (0, 1, 2, 3)), -- added, deleted, labels added, labels removed
  provider_message_id text NOT NULL,
  thread_id text NOT NULL,
  labels text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider_user_id, id)
);
CREATE INDEX mailbox_changes_created ON mailbox_changes (created_at);

-- Threads by the hashes of the Message-IDs that were seen in them, for servers that know no threads.
CREATE TABLE mail_threads (
  provider_user_id uuid NOT NULL,
  key bytea NOT NULL,
  thread_id text NOT NULL,
  PRIMARY KEY (provider_user_id, key)
);

-- One mail, one row, however often and wherever it is seen: SHA-256 of the raw bytes, for accounts whose ids are places.
CREATE TABLE mail_hashes (
  provider_user_id uuid NOT NULL,
  hash bytea NOT NULL,
  ledger_id uuid NOT NULL,
  PRIMARY KEY (provider_user_id, hash)
);

GRANT SELECT (provider_user_id, host, port, security, user_name, auth, folders, looked_at, next_try_at, created_at, updated_at) ON imap_accounts TO butler_reader;
GRANT SELECT (id, provider_user_id, name, role, followed, messages) ON mailbox_folders TO butler_reader;
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['imap_accounts', 'mailbox_folders', 'message_locations', 'mailbox_changes', 'mail_threads', 'mail_hashes'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()) OR provider_user_id = ANY ((SELECT butler_visible_accounts())::uuid[]))', t);
  END LOOP;
END $$;
