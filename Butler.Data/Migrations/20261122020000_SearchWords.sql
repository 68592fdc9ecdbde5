-- Words are cut by the services, in one pass and the same for mails and queries (docs/decisions/0052-words-cut-by-services.md): what the
-- functions get are finished conditions. What was indexed before is indexed again in the background; until then it is found by most words.
INSERT INTO search_open (mail_id, provider_user_id, queued_at)
  SELECT mail_id, provider_user_id, now() - interval '1 hour' FROM email_search WHERE expires_at > now() ON CONFLICT DO NOTHING;

DROP FUNCTION butler_search_words(uuid[], text[], real[], text[], text[], text[], text[], timestamptz, timestamptz, text, text, real, real, int);
DROP FUNCTION butler_search_filter(uuid[], uuid[], text[], text[], text[], text[], timestamptz, timestamptz, text, text);
DROP FUNCTION butler_search_required(text[], text[], text[], text[]);
DROP FUNCTION butler_search_term(text, text[]);
DROP FUNCTION butler_search_document(uuid, text, text, text, text, text);
DROP FUNCTION butler_search_config(text);

-- Hits by words, best first, ranked as before. Without terms every mail with what is required counts alike.
CREATE FUNCTION butler_search_words(
  accounts uuid[], conditions text[], weights real[], must text,
  since timestamptz, until timestamptz, in_category text, with_tag text, total real, typical real, most int)
RETURNS TABLE (mail_id uuid, score real)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET client_min_messages = warning AS $$
#variable_conflict use_column
DECLARE
  visible uuid[] := public.butler_search_accounts(accounts);
  scope tsquery;
  required tsquery := must::tsquery;
  terms tsquery[] := conditions::tsquery[];
  term_weights real[] := weights;
  any_term tsquery;
  all_terms tsquery;
  looked_at constant int := 1000;
BEGIN
  IF cardinality(visible) = 0 THEN RETURN; END IF;
  scope := (SELECT string_agg(quote_literal(public.butler_search_scope(a)), ' | ')::tsquery FROM unnest(visible) a);
  IF cardinality(terms) = 0 THEN
    IF required IS NULL THEN RETURN; END IF;
    terms := ARRAY[scope];
    term_weights := ARRAY[1];
  END IF;
  required := CASE WHEN required IS NULL THEN scope ELSE scope && required END;
  SELECT string_agg('(' || q::text || ')', ' | ')::tsquery INTO any_term FROM unnest(terms) q;
  -- Mails with all the words are candidates in any case: of a common word only some mails are looked at below.
  IF cardinality(terms) > 1 THEN
    FOR i IN 1 .. cardinality(terms) LOOP
      CONTINUE WHEN term_weights[i] < 1;
      all_terms := CASE WHEN all_terms IS NULL THEN terms[i] ELSE all_terms && terms[i] END;
    END LOOP;
    IF all_terms IS NOT NULL THEN
      terms := terms || all_terms;
      term_weights := term_weights || 0::real;
    END IF;
  END IF;
  RETURN QUERY
  WITH hits AS MATERIALIZED (
    SELECT s.mail_id AS id, s.received_at AS received, s.expires_at AS expires, s.words, t.n::int AS n, t.w
    FROM unnest(terms, term_weights) WITH ORDINALITY AS t(q, w, n)
    CROSS JOIN LATERAL (
      SELECT e.mail_id, e.received_at, e.expires_at, e.words FROM public.email_search e
      WHERE e.document @@ (t.q && required) AND e.provider_user_id = ANY (visible) AND e.expires_at > now()
        AND (since IS NULL OR e.received_at >= since) AND (until IS NULL OR e.received_at < until)
        AND (in_category IS NULL OR in_category = (SELECT v.category FROM public.verdicts v WHERE v.mail_id = e.mail_id AND v.expires_at > now() ORDER BY v.revision DESC LIMIT 1))
        AND (with_tag IS NULL OR EXISTS (SELECT FROM public.email_tags g WHERE g.mail_id = e.mail_id AND g.tag = with_tag AND g.expires_at > now()))
      LIMIT looked_at) s),
  -- What a word counts; of one that was not looked for to the end it is only known that it is common.
  counts AS MATERIALIZED (
    SELECT h.n, h.w * ln(1 + total / CASE WHEN count(*) < looked_at THEN count(*) ELSE 2 * looked_at END) AS weight, count(*) >= looked_at AS cut FROM hits h GROUP BY h.n, h.w),
  best AS MATERIALIZED (
    SELECT h.id, max(h.expires) AS expires, max(h.received) AS received, sum(c.weight) AS cover, array_agg(h.n) AS found, 2.2 / (1 + 1.2 * (0.25 + 0.75 * max(h.words) / typical)) AS norm
    FROM hits h JOIN counts c ON c.n = h.n GROUP BY h.id
    ORDER BY sum(c.weight) * (2.2 / (1 + 1.2 * (0.25 + 0.75 * max(h.words) / typical))) DESC, max(h.received) DESC LIMIT most * 2)
  SELECT b.id, ((b.cover + coalesce((SELECT sum(c.weight) FROM counts c WHERE c.cut AND c.weight > 0 AND NOT c.n = ANY (b.found) AND d.document @@ terms[c.n]), 0)) * b.norm
      * (1 + 0.2 * ts_rank('{0,0.2,0.5,1}', d.document, any_term)))::real AS points
  FROM best b JOIN public.email_search d ON d.mail_id = b.id AND d.expires_at = b.expires
  ORDER BY points DESC, b.received DESC LIMIT most;
END $$;

-- Of these mails (null: of all) those that pass the filters. For hits by meaning.
CREATE FUNCTION butler_search_filter(
  accounts uuid[], mails uuid[], must text,
  since timestamptz, until timestamptz, in_category text, with_tag text)
RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  visible uuid[] := public.butler_search_accounts(accounts);
  required tsquery := must::tsquery;
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
