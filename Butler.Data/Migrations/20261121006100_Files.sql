-- Files as mailboxes (docs/files.md). What is switched on is named by its kind; the same as in Imap, whichever of the two is applied first.
ALTER TABLE provider_users DROP CONSTRAINT provider_users_provider_check, ADD CONSTRAINT provider_users_provider_check CHECK (provider IN ('gmail', 'imap', 'file'));
DROP TRIGGER provider_users_connected_insert ON provider_users;
DROP TRIGGER provider_users_connected_update ON provider_users;
CREATE TRIGGER provider_users_connected_insert AFTER INSERT ON provider_users
  FOR EACH ROW WHEN (NEW.services && '{gmail,imap,file}' AND NEW.status = 'active' AND NEW.credentials IS NOT NULL)
  EXECUTE FUNCTION note_account_connected();
CREATE TRIGGER provider_users_connected_update AFTER UPDATE OF services, status ON provider_users
  FOR EACH ROW WHEN (NEW.services && '{gmail,imap,file}' AND NEW.status = 'active' AND NEW.credentials IS NOT NULL
    AND NOT (OLD.services && '{gmail,imap,file}' AND OLD.status = 'active'))
  EXECUTE FUNCTION note_account_connected();

-- How far each file was looked through.
CREATE TABLE file_scans (
  provider_user_id uuid NOT NULL,
  path text NOT NULL,
  size bigint NOT NULL,
  modified_at timestamptz NOT NULL,
  indexed_to bigint NOT NULL,
  spool_length bigint NOT NULL,
  generation bigint NOT NULL,
  done boolean NOT NULL,
  verbatim boolean NOT NULL,
  PRIMARY KEY (provider_user_id, path)
);

-- Where each mail lies. Its id is its identity, not its place, so it keeps it when the file is moved, compacted or exported again.
CREATE TABLE file_mails (
  provider_user_id uuid NOT NULL,
  id text NOT NULL,
  thread_id text NOT NULL,
  path text NOT NULL,
  at_offset bigint NOT NULL,
  length bigint NOT NULL,
  received_at timestamptz NOT NULL,
  listed boolean NOT NULL,
  spooled boolean NOT NULL,
  generation bigint NOT NULL,
  PRIMARY KEY (provider_user_id, id)
);
CREATE INDEX file_mails_newest ON file_mails (provider_user_id, received_at DESC, id) WHERE listed;
CREATE INDEX file_mails_path ON file_mails (provider_user_id, path);
CREATE INDEX file_mails_thread ON file_mails (provider_user_id, thread_id);
