-- Ranking as BM25 does it, without how often a word occurs: a long mail has many words by chance (docs/decisions/0051-words-ranking.md).
ALTER TABLE email_search ADD COLUMN words int NOT NULL DEFAULT 0;
UPDATE email_search SET words = length(document);

DROP FUNCTION butler_search_words(uuid[], text[], real[], text[], text[], text[], text[], timestamptz, timestamptz, text, text, real, int);
-- Hits by words, best first: a word counts the more the rarer it is in these accounts, and the less the longer the mail is. Nothing is read
-- of a hit's document, which mostly lies elsewhere, but for the best, of which those with words in subject or sender come first.
CREATE FUNCTION butler_search_words(
  accounts uuid[], words text[], weights real[], phrases text[], senders text[], excluded text[], languages text[],
  since timestamptz, until timestamptz, in_category text, with_tag text, total real, typical real, most int)
RETURNS TABLE (mail_id uuid, score real)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET client_min_messages = warning AS $$
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
      t.w * ln(1 + total / count(*) OVER (PARTITION BY t.n)) * 2.2 / (1 + 1.2 * (0.25 + 0.75 * s.words / typical)) AS weight
    FROM unnest(terms, term_weights) WITH ORDINALITY AS t(q, w, n)
    CROSS JOIN LATERAL (
      SELECT e.mail_id, e.received_at, e.expires_at, e.words FROM public.email_search e
      WHERE e.document @@ (t.q && required) AND e.provider_user_id = ANY (visible) AND e.expires_at > now()
        AND (since IS NULL OR e.received_at >= since) AND (until IS NULL OR e.received_at < until)
        AND (in_category IS NULL OR in_category = (SELECT v.category FROM public.verdicts v WHERE v.mail_id = e.mail_id AND v.expires_at > now() ORDER BY v.revision DESC LIMIT 1))
        AND (with_tag IS NULL OR EXISTS (SELECT FROM public.email_tags g WHERE g.mail_id = e.mail_id AND g.tag = with_tag AND g.expires_at > now()))
      LIMIT 4000) s),
  best AS (
    SELECT h.id, max(h.expires) AS expires, max(h.received) AS received, sum(h.weight) AS cover FROM hits h GROUP BY h.id
    ORDER BY sum(h.weight) DESC, max(h.received) DESC LIMIT most)
  SELECT b.id, (b.cover * (1 + 0.2 * ts_rank('{0,0.2,0.5,1}', d.document, any_term)))::real AS points
  FROM best b JOIN public.email_search d ON d.mail_id = b.id AND d.expires_at = b.expires
  ORDER BY points DESC, b.received DESC;
END $$;

-- How many mails of these accounts are indexed and with how many words, by language, the commonest first.
DROP FUNCTION butler_search_size(uuid[]);
CREATE FUNCTION butler_search_size(accounts uuid[]) RETURNS TABLE (language text, mails bigint, words bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT e.language, count(*), sum(e.words)::bigint FROM public.email_search e WHERE e.provider_user_id = ANY (public.butler_search_accounts(accounts)) AND e.expires_at > now() GROUP BY 1 ORDER BY 2 DESC
$$;

-- "contains only stop words" is no news to anybody.
ALTER FUNCTION butler_search_filter(uuid[], uuid[], text[], text[], text[], text[], timestamptz, timestamptz, text, text) SET client_min_messages = warning;
