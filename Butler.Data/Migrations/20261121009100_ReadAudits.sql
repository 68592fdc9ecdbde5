-- What the page shows of audits (after the reader's role is there).
GRANT SELECT (id, provider_user_id, repair, status, range_from, at_provider, done, skipped, gone, dead, expired, open, missing, unlisted, deleted, repaired, retried, error, created_at, completed_at)
  ON audits TO butler_reader;
ALTER TABLE audits ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON audits FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()) OR provider_user_id = ANY ((SELECT butler_visible_accounts())::uuid[]));
