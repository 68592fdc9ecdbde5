-- In large mailboxes a common word is looked for in a sample of the mails and in those that a rarer word of the query has found, instead of
-- in all of them (docs/decisions/0066-words-by-sample.md); where only some can be looked at, at the newest. One mail in 32 belongs to the
-- sample and says so by a word of its own; those that were indexed before are indexed again in the background, until then words are looked
-- for in full.
CREATE FUNCTION butler_search_sample(account uuid) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$ SELECT public.butler_search_scope(account) || '+' $$;

INSERT INTO search_open (mail_id, provider_user_id, queued_at)
  SELECT mail_id, provider_user_id, now() - interval '1 hour' FROM email_search WHERE get_byte(uuid_send(mail_id), 15) % 32 = 0 AND expires_at > now() ON CONFLICT DO NOTHING;

DROP FUNCTION butler_search_words(uuid[], text[], real[], text, timestamptz, timestamptz, text, text, real, real, int);
-- Hits by words, best first, ranked as before. A condition is what the index is asked; what it cannot decide (words side by side) is checked
-- in the documents of the mails that it names. "together" are the mails that have all the words: candidates in any case.
CREATE FUNCTION butler_search_words(
  accounts uuid[], conditions text[], checks text[], weights real[], together text, must text,
  since timestamptz, until timestamptz, in_category text, with_tag text, total real, typical real, most int)
RETURNS TABLE (mail_id uuid, score real)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET client_min_messages = warning AS $$
#variable_conflict use_column
DECLARE
  visible uuid[] := public.butler_search_accounts(accounts);
  scope tsquery;
  sample tsquery;
  required tsquery := must::tsquery;
  asked tsquery[] := conditions::tsquery[];
  checked tsquery[] := checks::tsquery[];
  asked_weights real[] := weights;
  looked_for tsquery[];
  sizes real[];
  any_term tsquery;
  near tsquery;
  restricted int[] := '{}';
  by_day boolean := false;
  looked_at constant int := 1000;
  sampled constant real := 32;
  large constant real := 20000;
BEGIN
  IF cardinality(visible) = 0 THEN RETURN; END IF;
  scope := (SELECT string_agg(quote_literal(public.butler_search_scope(a)), ' | ')::tsquery FROM unnest(visible) a);
  IF cardinality(asked) = 0 THEN
    -- Without terms every mail with what is required counts alike.
    IF required IS NULL THEN RETURN; END IF;
    asked := ARRAY[scope];
    checked := ARRAY[NULL::tsquery];
    asked_weights := ARRAY[1];
  END IF;
  any_term := (SELECT string_agg('(' || q::text || ')', ' | ')::tsquery FROM unnest(asked) q);
  IF together IS NOT NULL THEN
    asked := asked || together::tsquery;
    checked := checked || NULL::tsquery;
    asked_weights := asked_weights || 0::real;
  END IF;
  looked_for := asked;
  -- What filters leave over may be in few mails: then all are looked through.
  IF total >= large AND required IS NULL AND since IS NULL AND until IS NULL AND in_category IS NULL AND with_tag IS NULL THEN
    sample := (SELECT string_agg(quote_literal(public.butler_search_sample(a)), ' | ')::tsquery FROM unnest(visible) a);
    sizes := (SELECT array_agg(sampled * CASE WHEN t.w > 0 THEN (SELECT count(*) FROM public.email_search e WHERE e.document @@ (t.q && sample)) ELSE 0 END ORDER BY t.n)
      FROM unnest(asked, asked_weights) WITH ORDINALITY AS t(q, w, n));
    -- A mail's document costs some five times as much as its place in the index. Of a single word the newest mails are wanted, and no other word finds them.
    restricted := (SELECT coalesce(array_agg(t.n::int), '{}') FROM unnest(checked, asked_weights, sizes) WITH ORDINALITY AS t(c, w, size, n)
      WHERE t.size > CASE WHEN t.c IS NULL THEN looked_at ELSE looked_at / 5 END AND (together IS NOT NULL OR t.c IS NOT NULL OR t.w < 1));
    by_day := true;
    near := sample || (SELECT coalesce(string_agg('(' || t.q::text || ')', ' | ')::tsquery, sample) FROM unnest(asked, asked_weights) WITH ORDINALITY AS t(q, w, n) WHERE t.w > 0 AND NOT t.n = ANY (restricted));
    -- Mails with all the words are found once, for all of them.
    looked_for := (SELECT array_agg(CASE WHEN NOT t.n = ANY (restricted) THEN t.q WHEN t.c IS NOT NULL OR t.w < 1 THEN t.q && near ELSE t.q && near && !! together::tsquery END ORDER BY t.n)
      FROM unnest(asked, checked, asked_weights) WITH ORDINALITY AS t(q, c, w, n));
  END IF;
  required := CASE WHEN required IS NULL THEN scope ELSE scope && required END;
  RETURN QUERY
  WITH looked AS MATERIALIZED (
    SELECT s.mail_id AS id, s.received_at AS received, s.expires_at AS expires, s.words, t.n::int AS n
    FROM unnest(looked_for, checked) WITH ORDINALITY AS t(q, c, n)
    CROSS JOIN LATERAL (
      SELECT e.mail_id, e.received_at, e.expires_at, e.words, e.document FROM public.email_search e
      WHERE e.document @@ (t.q && required) AND e.provider_user_id = ANY (visible) AND e.expires_at > now()
        AND (since IS NULL OR e.received_at >= since) AND (until IS NULL OR e.received_at < until)
        AND (in_category IS NULL OR in_category = (SELECT v.category FROM public.verdicts v WHERE v.mail_id = e.mail_id AND v.expires_at > now() ORDER BY v.revision DESC LIMIT 1))
        AND (with_tag IS NULL OR EXISTS (SELECT FROM public.email_tags g WHERE g.mail_id = e.mail_id AND g.tag = with_tag AND g.expires_at > now()))
      LIMIT looked_at) s
    WHERE NOT by_day AND (t.c IS NULL OR s.document @@ t.c)
    UNION ALL
    -- The newest instead of any: all have to be read, so not where filters ask the database about each.
    SELECT s.mail_id, s.received_at, s.expires_at, s.words, t.n::int
    FROM unnest(looked_for, checked) WITH ORDINALITY AS t(q, c, n)
    CROSS JOIN LATERAL (
      SELECT e.mail_id, e.received_at, e.expires_at, e.words, e.document FROM public.email_search e
      WHERE e.document @@ (t.q && scope) AND e.provider_user_id = ANY (visible) AND e.expires_at > now()
      ORDER BY e.received_at DESC LIMIT looked_at) s
    WHERE by_day AND (t.c IS NULL OR s.document @@ t.c)),
  hits AS MATERIALIZED (
    SELECT l.id, l.received, l.expires, l.words, l.n FROM looked l
    UNION ALL
    SELECT l.id, l.received, l.expires, l.words, r FROM looked l CROSS JOIN unnest(restricted) r WHERE together IS NOT NULL AND l.n = cardinality(asked) AND checked[r] IS NULL AND asked_weights[r] >= 1),
  -- What a word counts; of one that was not looked for to the end, and is in no sample, it is only known that it is common.
  counts AS MATERIALIZED (
    SELECT f.n, asked_weights[f.n] * ln(1 + total / CASE WHEN f.size > looked_at THEN f.size WHEN f.found < looked_at THEN f.found ELSE 2 * looked_at END)::real AS weight, f.found >= looked_at AS cut
    FROM (SELECT h.n, count(*)::real AS found, coalesce(sizes[h.n], 0) AS size FROM hits h GROUP BY h.n) f),
  best AS MATERIALIZED (
    SELECT m.id, m.expires, m.received, m.cover, m.found, m.norm
    FROM (SELECT h.id, max(h.expires) AS expires, max(h.received) AS received, sum(c.weight) AS cover, bit_or(1::bigint << h.n) AS found,
        2.2::real / (1::real + 1.2::real * (0.25::real + 0.75::real * max(h.words)::real / typical)) AS norm
      FROM hits h JOIN counts c ON c.n = h.n GROUP BY h.id) m
    ORDER BY m.cover * m.norm DESC, m.received DESC LIMIT most * 2)
  SELECT b.id, ((b.cover + coalesce((SELECT sum(c.weight) FROM counts c WHERE c.cut AND c.weight > 0 AND b.found & (1::bigint << c.n) = 0
        AND d.document @@ asked[c.n] AND (checked[c.n] IS NULL OR d.document @@ checked[c.n])), 0)) * b.norm
      * (1 + 0.2 * ts_rank('{0,0.2,0.5,1}', d.document, any_term)))::real AS points
  FROM best b JOIN public.email_search d ON d.mail_id = b.id AND d.expires_at = b.expires
  ORDER BY points DESC, b.received DESC LIMIT most;
END $$;
