-- Retention (MECHANICS 11): an account's mail expires so many days after it was stored; 0 keeps it.
ALTER TABLE provider_users
  ADD COLUMN retention_days int CHECK (retention_days BETWEEN 0 AND 730),
  ADD COLUMN retention_changed_at timestamptz; -- set until every row of the account has been moved to where the change puts it

CREATE FUNCTION set_default_retention() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.retention_days := CASE NEW.provider WHEN 'imap' THEN 30 ELSE 0 END;
  RETURN NEW;
END $$;

UPDATE provider_users SET retention_days = CASE provider WHEN 'imap' THEN 30 ELSE 0 END,
  retention_changed_at = CASE provider WHEN 'imap' THEN now() END;
ALTER TABLE provider_users ALTER COLUMN retention_days SET NOT NULL;
CREATE TRIGGER provider_users_retention BEFORE INSERT ON provider_users
  FOR EACH ROW WHEN (NEW.retention_days IS NULL) EXECUTE FUNCTION set_default_retention();
GRANT SELECT (retention_days, retention_changed_at) ON provider_users TO butler_reader;

-- When a mail's content expires; null: never. The truth for every row of the mail in the content tables. No index names it.
ALTER TABLE ledger ADD COLUMN expires_at timestamptz;

-- Partitions and tables whose deleted rows are still readable in their files, until they are rewritten. The transaction that
-- deleted must be older than every snapshot, else a rewrite carries its rows along.
CREATE TABLE table_rewrites (
  table_name text PRIMARY KEY,
  deleted_by bigint NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now()
);

-- The tables that are partitioned by expiry, whatever later migrations add.
CREATE FUNCTION butler_content_tables() RETURNS SETOF regclass
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT p.partrelid::regclass FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
  WHERE n.nspname = 'public' AND a.attname = 'expires_at' ORDER BY c.relname
$$;

-- pg_statistic keeps common values, and with them addresses and sentences. Closed sets (what the planner needs) are left out.
CREATE FUNCTION butler_no_statistics(rel regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c text;
BEGIN
  FOR c IN SELECT attname FROM pg_attribute WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped
    AND atttypid::regtype::text IN ('text', 'text[]', 'jsonb', 'bytea', 'tsvector')
    AND attname <> ALL ('{category,model_used,state,reason,intent,language,tag}') LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', rel, c);
  END LOOP;
END $$;

-- Makes the partitions of the week in which something expires, in every content table, where they are missing. A table is made
-- first and attached then: that lets readers and writers of the others go on. Weeks begin on Monday, UTC.
CREATE FUNCTION butler_expiry_partitions(at timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  first timestamptz := date_trunc('week', at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
  last timestamptz := first + interval '168 hours';
  parent regclass;
  part text;
  made int := 0;
BEGIN
  IF NOT isfinite(at) OR last <= now() OR at > now() + interval '3 years' THEN
    RETURN 0; -- kept, or over: what has expired gets no place any more
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('butler expiry partitions', 0));
  FOR parent IN SELECT butler_content_tables() LOOP
    part := (SELECT relname FROM pg_class WHERE oid = parent) || '_' || to_char(first AT TIME ZONE 'UTC', 'YYYYMMDD');
    CONTINUE WHEN EXISTS (SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = parent AND c.relname = part);
    EXECUTE format('CREATE TABLE public.%I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION)', part, parent);
    PERFORM butler_no_statistics(format('public.%I', part)::regclass);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', parent, part, first, last);
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;
REVOKE EXECUTE ON FUNCTION butler_expiry_partitions(timestamptz) FROM PUBLIC;

-- Statistics that were taken before: a change of type, even to the same one, drops a column's. A view in the way is made again below.
DROP VIEW ai_responses;
DO $$
DECLARE r record;
BEGIN
  PERFORM butler_no_statistics(t) FROM butler_content_tables() t;
  PERFORM butler_no_statistics(i.inhrelid::regclass) FROM butler_content_tables() t JOIN pg_inherits i ON i.inhparent = t;
  FOR r IN SELECT t AS rel, a.attname, format_type(a.atttypid, a.atttypmod) AS type FROM butler_content_tables() t JOIN pg_attribute a ON a.attrelid = t
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attstattarget = 0 LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s', r.rel, r.attname, r.type);
  END LOOP;
END $$;

-- Expired mail is hidden from the moment it expires, whoever asks in whatever words.
DO $$
DECLARE t regclass;
BEGIN
  FOR t IN SELECT butler_content_tables() LOOP
    EXECUTE format('DROP POLICY reader ON %s', t);
    EXECUTE format('CREATE POLICY reader ON %s FOR SELECT TO butler_reader USING (expires_at > now() AND ((SELECT butler_reads_all()) OR provider_user_id = ANY ((SELECT butler_visible_accounts())::uuid[])))', t);
  END LOOP;
END $$;

CREATE VIEW ai_responses WITH (security_invoker = true) AS
  SELECT DISTINCT ON (v.mail_id) v.mail_id, v.provider_user_id, v.category, v.confidence, v.reasoning, v.summary, v.model_used, v.tokens_used,
    v.provisional, v.revision, v.created_at, r.generated_reply, r.draft_id, r.state AS reply_state, r.reason AS reply_reason, v.expires_at
  FROM verdicts v LEFT JOIN replies r ON r.mail_id = v.mail_id AND r.expires_at > now()
  WHERE v.expires_at > now()
  ORDER BY v.mail_id, v.revision DESC;
GRANT SELECT ON ai_responses TO butler_reader;

-- One kind more, whatever other migrations have added.
DO $$
DECLARE def text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'audit_events'::regclass AND conname = 'audit_events_kind_check');
BEGIN
  ALTER TABLE audit_events DROP CONSTRAINT audit_events_kind_check;
  EXECUTE 'ALTER TABLE audit_events ADD CONSTRAINT audit_events_kind_check ' || replace(def, 'ARRAY[', 'ARRAY[''retention_changed''::text, ');
END $$;
