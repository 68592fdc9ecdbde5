-- Roles (MECHANICS 12). They belong to the server, not to one database, so another database may have made them already.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'butler_owner') THEN CREATE ROLE butler_owner NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

-- LOGIN without a password: nobody gets in over a password method until an administrator sets one (docs/security.md).
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'butler_reader') THEN CREATE ROLE butler_reader LOGIN NOINHERIT; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN
  IF NOT pg_has_role(current_user, 'butler_owner', 'MEMBER') THEN EXECUTE 'GRANT butler_owner TO ' || quote_ident(current_user); END IF;
  IF NOT pg_has_role(current_user, 'butler_reader', 'MEMBER') THEN EXECUTE 'GRANT butler_reader TO ' || quote_ident(current_user); END IF;
END $$;
GRANT USAGE, CREATE ON SCHEMA public TO butler_owner;
GRANT USAGE ON SCHEMA public TO butler_reader;

-- The rule, once: the owner, the same family, or an admin reads (AccessRule in code says the same). A pooled connection has
-- an empty string where nobody asks.
CREATE FUNCTION butler_user() RETURNS uuid
LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('butler.user_id', true), '')::uuid $$;

CREATE FUNCTION butler_reads_all() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM public.app_users WHERE id = public.butler_user() AND role = 'admin')
$$;

CREATE FUNCTION butler_visible_users() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(array_agg(u.id), '{}') FROM public.app_users me JOIN public.app_users u ON u.id = me.id OR u.family_id = me.family_id WHERE me.id = public.butler_user()
$$;

CREATE FUNCTION butler_visible_accounts() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(array_agg(id), '{}') FROM public.provider_users WHERE app_user_id = ANY (public.butler_visible_users())
$$;

-- Whether somebody may read somebody's data: for streams, which outlive the check at their start.
CREATE FUNCTION butler_may_read(reader uuid, owner uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM public.app_users r JOIN public.app_users o ON o.id = owner
    WHERE r.id = reader AND (r.id = o.id OR r.role = 'admin' OR r.family_id = o.family_id))
$$;

-- What the reader does not see: 403 when it is there, 404 when it is not. Ids are random, so this tells nobody anything new.
CREATE FUNCTION butler_exists(kind text, thing uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE kind
    WHEN 'user' THEN EXISTS (SELECT FROM public.app_users WHERE id = thing)
    WHEN 'account' THEN EXISTS (SELECT FROM public.provider_users WHERE id = thing)
    WHEN 'sync' THEN EXISTS (SELECT FROM public.sync_jobs WHERE id = thing)
    WHEN 'task' THEN EXISTS (SELECT FROM public.tasks WHERE id = thing)
    WHEN 'mail' THEN EXISTS (SELECT FROM public.emails WHERE id = thing AND expires_at > now())
    ELSE false END
$$;

-- One query reads progress for all streams (MECHANICS 10), each of which was checked when it began. Counters only, no mail.
CREATE FUNCTION butler_watched_syncs(syncs uuid[], users uuid[]) RETURNS SETOF sync_jobs
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT * FROM public.sync_jobs WHERE id IN (
    SELECT unnest(syncs)
    UNION SELECT id FROM public.sync_jobs WHERE app_user_id = ANY (users) AND (status IN ('pending', 'in_progress') OR completed_at > now() - interval '1 minute'))
$$;

CREATE FUNCTION butler_family_of(person uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ SELECT family_id FROM public.app_users WHERE id = person $$;

-- How long the longest-due message waits untaken, bulk counted a tenth; null when none does. For the public health address.
CREATE FUNCTION butler_oldest_due() RETURNS interval
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT max((now() - due_at) * CASE lane WHEN 1 THEN 1.0 ELSE 0.1 END) FROM public.outbox WHERE due_at <= now()
$$;

-- What the reader may select. Columns are named where a table also holds a secret. Nothing is granted on partitions: who
-- reads one directly would pass its parent's policies by.
GRANT SELECT ON families, app_users, sync_jobs, ledger, ledger_open, ledger_events, emails, mail_state, verdicts, email_tags, replies, ai_responses, tasks, user_events TO butler_reader;
GRANT SELECT (id, app_user_id, provider, address, display_name, services, status, whole_mailbox, history_id, last_sync_at, consecutive_failures, last_failure_at, last_error, created_at)
  ON provider_users TO butler_reader;
GRANT SELECT (id, app_user_id, kind, name, created_at, expires_at, used_at, revoked_at) ON api_tokens TO butler_reader;
GRANT SELECT (id, task, provider_user_id, ledger_id, sync_id, error, retry_count, created_at, resolved_at) ON failed_tasks TO butler_reader;

-- "(SELECT …)" makes the rule one evaluation per query, not per row.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['ledger', 'ledger_open', 'ledger_events', 'emails', 'mail_state', 'verdicts', 'email_tags', 'replies', 'tasks', 'failed_tasks'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()) OR provider_user_id = ANY ((SELECT butler_visible_accounts())::uuid[]))', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['provider_users', 'sync_jobs', 'user_events'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()) OR app_user_id = ANY ((SELECT butler_visible_users())::uuid[]))', t);
  END LOOP;
END $$;
ALTER TABLE app_users ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON app_users FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()) OR id = ANY ((SELECT butler_visible_users())::uuid[]));
ALTER TABLE families ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON families FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()) OR id = (SELECT butler_family_of(butler_user())));
-- Tokens are the holder's alone, whoever asks.
ALTER TABLE api_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON api_tokens FOR SELECT TO butler_reader USING (app_user_id = (SELECT butler_user()));
