-- Search (docs/search.md). The mails that wait for their index: the truth that the sweeper goes by. A row comes with the mail's
-- verdict (or, for mail the owner sent, with its content) and goes with its index, in the same transactions.
CREATE TABLE search_open (
  mail_id uuid PRIMARY KEY,
  provider_user_id uuid NOT NULL,
  queued_at timestamptz NOT NULL DEFAULT now(),
  tries smallint NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX search_open_account ON search_open (provider_user_id, queued_at);

-- Words of a mail with their weights: A subject, B sender, C recipients and names of attachments, D text; stems without positions.
-- A table of its own, because a mail's content is written once, by another service, before anybody has time for this.
CREATE TABLE email_search (
  mail_id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  provider_user_id uuid NOT NULL,
  received_at timestamptz NOT NULL,
  language text NOT NULL,
  document tsvector NOT NULL,
  PRIMARY KEY (mail_id, expires_at)
) PARTITION BY RANGE (expires_at);
-- Documents lie beside the rows, so that a word of many mails costs few pages.
ALTER TABLE email_search ALTER COLUMN document SET STORAGE EXTERNAL;
CREATE TABLE email_search_keep PARTITION OF email_search FOR VALUES FROM ('infinity') TO (MAXVALUE) WITH (toast_tuple_target = 128);
CREATE INDEX email_search_document ON email_search USING gin (document) WITH (gin_pending_list_limit = 1024);
CREATE INDEX email_search_account ON email_search (provider_user_id, received_at DESC);

-- One row per mail: the passages' places in the text (start, length, start, length, ...; UTF-16) and their vectors, one byte per number.
CREATE TABLE email_embeddings (
  mail_id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  provider_user_id uuid NOT NULL,
  received_at timestamptz NOT NULL,
  model text NOT NULL,
  indexed_at timestamptz NOT NULL,
  spans int[] NOT NULL,
  vectors bytea NOT NULL,
  PRIMARY KEY (mail_id, expires_at)
) PARTITION BY RANGE (expires_at);
ALTER TABLE email_embeddings ALTER COLUMN vectors SET STORAGE EXTERNAL;
CREATE TABLE email_embeddings_keep PARTITION OF email_embeddings FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE INDEX email_embeddings_account ON email_embeddings (provider_user_id, indexed_at);

SELECT butler_no_statistics(t) FROM unnest('{email_search,email_search_keep,email_embeddings,email_embeddings_keep}'::regclass[]) t;

-- As before; and a new partition is stored as the partition of kept mail is.
CREATE OR REPLACE FUNCTION butler_expiry_partitions(at timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  first timestamptz := date_trunc('week', at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
  last timestamptz := first + interval '168 hours';
  parent regclass;
  part text;
  options text;
  made int := 0;
BEGIN
  IF NOT isfinite(at) OR last <= now() OR at > now() + interval '3 years' THEN
    RETURN 0; -- kept, or over: what has expired gets no place any more
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('butler expiry partitions', 0));
  FOR parent IN SELECT butler_content_tables() LOOP
    part := (SELECT relname FROM pg_class WHERE oid = parent) || '_' || to_char(first AT TIME ZONE 'UTC', 'YYYYMMDD');
    CONTINUE WHEN EXISTS (SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = parent AND c.relname = part);
    options := (SELECT string_agg(o, ', ') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, unnest(c.reloptions) o WHERE i.inhparent = parent AND c.relname LIKE '%\_keep');
    EXECUTE format('CREATE TABLE public.%I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION)', part, parent);
    IF options IS NOT NULL THEN
      EXECUTE format('ALTER TABLE public.%I SET (%s)', part, options);
    END IF;
    PERFORM butler_no_statistics(format('public.%I', part)::regclass);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', parent, part, first, last);
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;

-- The weeks that the other tables have, and everything stored so far.
SELECT count(butler_expiry_partitions(to_timestamp(right(c.relname, 8), 'YYYYMMDD') AT TIME ZONE 'UTC' AT TIME ZONE 'UTC'))
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'emails'::regclass AND c.relname ~ '_[0-9]{8}$';
INSERT INTO search_open (mail_id, provider_user_id, queued_at)
  SELECT l.id, l.provider_user_id, now() - interval '1 hour' FROM ledger l
  WHERE l.stored_at IS NOT NULL AND (l.state = 'done' OR l.state = 'skipped' AND l.reason = 'sent') AND (l.expires_at IS NULL OR l.expires_at > now());

ALTER TABLE email_search ENABLE ROW LEVEL SECURITY;
ALTER TABLE email_embeddings ENABLE ROW LEVEL SECURITY;
ALTER TABLE search_open ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON email_search FOR SELECT TO butler_reader
  USING (expires_at > now() AND ((SELECT butler_reads_all()) OR provider_user_id = ANY ((SELECT butler_visible_accounts())::uuid[])));
CREATE POLICY reader ON email_embeddings FOR SELECT TO butler_reader
  USING (expires_at > now() AND ((SELECT butler_reads_all()) OR provider_user_id = ANY ((SELECT butler_visible_accounts())::uuid[])));
CREATE POLICY reader ON search_open FOR SELECT TO butler_reader
  USING ((SELECT butler_reads_all()) OR provider_user_id = ANY ((SELECT butler_visible_accounts())::uuid[]));
-- The words are read through functions only: an index on them is not used below a policy.
GRANT SELECT ON email_embeddings, search_open TO butler_reader;

-- The configuration of a language (ISO 639-1); simple where the server has none.
CREATE FUNCTION butler_search_config(language text) RETURNS regconfig
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE language WHEN 'en' THEN 'english' WHEN 'de' THEN 'german' WHEN 'fr' THEN 'french' WHEN 'es' THEN 'spanish' WHEN 'it' THEN 'italian' WHEN 'nl' THEN 'dutch'
    WHEN 'pt' THEN 'portuguese' WHEN 'sv' THEN 'swedish' WHEN 'da' THEN 'danish' WHEN 'no' THEN 'norwegian' WHEN 'fi' THEN 'finnish' WHEN 'ru' THEN 'russian'
    WHEN 'tr' THEN 'turkish' ELSE 'simple' END::regconfig
$$;

-- A word that stands for the account, so that the index itself answers only for it. No text gives a word that begins with @.
CREATE FUNCTION butler_search_scope(account uuid) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$ SELECT '@' || right(account::text, 12) $$;

-- A mail's words. Addresses are whole and in their parts.
CREATE FUNCTION butler_search_document(account uuid, language text, subject text, sender text, recipients text, body text) RETURNS tsvector
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT setweight(to_tsvector('simple', subject), 'A')
    || setweight(to_tsvector('simple', sender || ' ' || translate(sender, '@.-_<>', '      ')), 'B')
    || setweight(to_tsvector('simple', recipients || ' ' || translate(recipients, '@.-_<>', '      ')), 'C')
    || to_tsvector('simple', body)
    || CASE WHEN butler_search_config(language) = 'simple'::regconfig THEN ''::tsvector ELSE strip(to_tsvector(butler_search_config(language), subject || ' ' || body)) END
    || array_to_tsvector(ARRAY[butler_search_scope(account)])
$$;

-- A word as it stands and by its stems; null where it says nothing in the first language.
CREATE FUNCTION butler_search_term(word text, languages text[]) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  term tsquery := plainto_tsquery('simple', word);
  stem tsquery;
  l text;
BEGIN
  IF numnode(term) = 0 THEN RETURN NULL; END IF;
  FOREACH l IN ARRAY languages LOOP
    stem := plainto_tsquery(butler_search_config(l), word);
    IF numnode(stem) = 0 AND l = languages[1] THEN RETURN NULL; END IF;
    IF numnode(stem) > 0 AND stem <> term THEN term := term || stem; END IF;
  END LOOP;
  RETURN term;
END $$;

-- What every hit must have: phrases, senders, and none of the excluded. Null: nothing is asked.
CREATE FUNCTION butler_search_required(phrases text[], senders text[], excluded text[], languages text[]) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  required tsquery;
  part tsquery;
  t text;
BEGIN
  FOREACH t IN ARRAY phrases LOOP
    part := phraseto_tsquery('simple', t);
    CONTINUE WHEN numnode(part) = 0;
    required := CASE WHEN required IS NULL THEN part ELSE required && part END;
  END LOOP;
  FOREACH t IN ARRAY senders LOOP
    -- Each word of it in the sender, the last as a beginning.
    part := (SELECT to_tsquery('simple', string_agg(quote_literal(w) || ':*B', ' & ')) FROM regexp_split_to_table(lower(t), '[^[:alnum:]]+') w WHERE w <> '');
    CONTINUE WHEN part IS NULL OR numnode(part) = 0;
    required := CASE WHEN required IS NULL THEN part ELSE required && part END;
  END LOOP;
  FOREACH t IN ARRAY excluded LOOP
    part := CASE WHEN t LIKE '% %' THEN phraseto_tsquery('simple', t) ELSE coalesce(butler_search_term(t, languages), plainto_tsquery('simple', t)) END;
    CONTINUE WHEN numnode(part) = 0;
    required := CASE WHEN required IS NULL THEN !! part ELSE required && !! part END;
  END LOOP;
  RETURN required;
END $$;

-- The accounts of those asked for that the caller may read: the rule of the policies, which do not hold inside these functions.
CREATE FUNCTION butler_search_accounts(accounts uuid[]) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(array_agg(a), '{}') FROM unnest(accounts) a WHERE public.butler_reads_all() OR a = ANY (public.butler_visible_accounts())
$$;

-- Hits by words, best first: a word counts the more the rarer it is in these accounts, and the best are weighed by where the words stand.
CREATE FUNCTION butler_search_words(
  accounts uuid[], words text[], weights real[], phrases text[], senders text[], excluded text[], languages text[],
  since timestamptz, until timestamptz, in_category text, with_tag text, total real, most int)
RETURNS TABLE (mail_id uuid, score real)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  visible uuid[] := public.butler_search_accounts(accounts);
  scope tsquery;
  required tsquery := public.butler_search_required(phrases, senders, excluded, languages);
  terms tsquery[];
  term_weights real[];
  any_term tsquery;
BEGIN
  IF cardinality(visible) = 0 THEN RETURN; END IF;
  scope := (SELECT string_agg(quote_literal(public.butler_search_scope(a)), ' | ')::tsquery FROM unnest(visible) a);
  SELECT array_agg(t.q ORDER BY t.n), array_agg(t.w ORDER BY t.n) INTO terms, term_weights FROM (
    SELECT public.butler_search_term(x.word, languages) AS q, x.w, x.n FROM unnest(words, weights) WITH ORDINALITY AS x(word, w, n)) t WHERE t.q IS NOT NULL;
  IF terms IS NULL THEN
    -- Only common words, or none: they count all the same.
    SELECT array_agg(t.q), array_agg(1::real) INTO terms, term_weights FROM (SELECT plainto_tsquery('simple', x) AS q FROM unnest(words) x) t WHERE numnode(t.q) > 0;
  END IF;
  IF terms IS NULL THEN
    IF required IS NULL THEN RETURN; END IF;
    terms := ARRAY[scope];
    term_weights := ARRAY[1];
  END IF;
  required := CASE WHEN required IS NULL THEN scope ELSE scope && required END;
  SELECT string_agg('(' || q::text || ')', ' | ')::tsquery INTO any_term FROM unnest(terms) q;
  RETURN QUERY
  WITH hits AS (
    SELECT s.mail_id AS id, s.received_at AS received, s.expires_at AS expires,
      t.w * ln(1 + total / count(*) OVER (PARTITION BY t.n)) AS weight
    FROM unnest(terms, term_weights) WITH ORDINALITY AS t(q, w, n)
    CROSS JOIN LATERAL (
      SELECT e.mail_id, e.received_at, e.expires_at FROM public.email_search e
      WHERE e.document @@ (t.q && required) AND e.provider_user_id = ANY (visible) AND e.expires_at > now()
        AND (since IS NULL OR e.received_at >= since) AND (until IS NULL OR e.received_at < until)
        AND (in_category IS NULL OR in_category = (SELECT v.category FROM public.verdicts v WHERE v.mail_id = e.mail_id AND v.expires_at > now() ORDER BY v.revision DESC LIMIT 1))
        AND (with_tag IS NULL OR EXISTS (SELECT FROM public.email_tags g WHERE g.mail_id = e.mail_id AND g.tag = with_tag AND g.expires_at > now()))
      LIMIT 20000) s),
  best AS (
    SELECT h.id, max(h.expires) AS expires, max(h.received) AS received, sum(h.weight) AS cover FROM hits h GROUP BY h.id
    ORDER BY sum(h.weight) DESC, max(h.received) DESC LIMIT most)
  SELECT b.id, (b.cover * (0.5 + least(ts_rank('{0.2,0.2,0.5,1.0}', d.document, any_term, 1), 1)))::real AS points
  FROM best b JOIN public.email_search d ON d.mail_id = b.id AND d.expires_at = b.expires
  ORDER BY points DESC, b.received DESC;
END $$;

-- Of these mails (null: of all) those that pass the filters. For hits by meaning.
CREATE FUNCTION butler_search_filter(
  accounts uuid[], mails uuid[], phrases text[], senders text[], excluded text[], languages text[],
  since timestamptz, until timestamptz, in_category text, with_tag text)
RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  visible uuid[] := public.butler_search_accounts(accounts);
  required tsquery := public.butler_search_required(phrases, senders, excluded, languages);
BEGIN
  IF cardinality(visible) = 0 THEN RETURN; END IF;
  IF mails IS NOT NULL THEN
    RETURN QUERY SELECT e.mail_id FROM public.email_search e
      WHERE e.mail_id = ANY (mails) AND e.provider_user_id = ANY (visible) AND e.expires_at > now() AND (required IS NULL OR e.document @@ required)
        AND (since IS NULL OR e.received_at >= since) AND (until IS NULL OR e.received_at < until)
        AND (in_category IS NULL OR in_category = (SELECT v.category FROM public.verdicts v WHERE v.mail_id = e.mail_id AND v.expires_at > now() ORDER BY v.revision DESC LIMIT 1))
        AND (with_tag IS NULL OR EXISTS (SELECT FROM public.email_tags g WHERE g.mail_id = e.mail_id AND g.tag = with_tag AND g.expires_at > now()));
    RETURN;
  END IF;
  required := (SELECT string_agg(quote_literal(public.butler_search_scope(a)), ' | ')::tsquery FROM unnest(visible) a) && coalesce(required, ''::tsquery);
  RETURN QUERY SELECT e.mail_id FROM public.email_search e
    WHERE e.document @@ required AND e.provider_user_id = ANY (visible) AND e.expires_at > now()
      AND (since IS NULL OR e.received_at >= since) AND (until IS NULL OR e.received_at < until)
      AND (in_category IS NULL OR in_category = (SELECT v.category FROM public.verdicts v WHERE v.mail_id = e.mail_id AND v.expires_at > now() ORDER BY v.revision DESC LIMIT 1))
      AND (with_tag IS NULL OR EXISTS (SELECT FROM public.email_tags g WHERE g.mail_id = e.mail_id AND g.tag = with_tag AND g.expires_at > now()));
END $$;

-- How many mails of these accounts are indexed, and in which languages, commonest first.
CREATE FUNCTION butler_search_size(accounts uuid[]) RETURNS TABLE (language text, mails bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT e.language, count(*) FROM public.email_search e WHERE e.provider_user_id = ANY (public.butler_search_accounts(accounts)) AND e.expires_at > now() GROUP BY 1 ORDER BY 2 DESC
$$;
