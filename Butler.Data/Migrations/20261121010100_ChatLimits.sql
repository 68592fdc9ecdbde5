-- The budgets that an instance keeps to; the page shows them beside what is used.
ALTER TABLE chat_providers ADD COLUMN limits jsonb NOT NULL DEFAULT '{}';

-- off: none is configured; degraded: one waits for a person, or none can be asked. For the public health address.
CREATE FUNCTION butler_chat_health() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN count(*) = 0 THEN 'off' WHEN count(blocked) > 0 OR bool_and(breaker <> 'closed') THEN 'degraded' ELSE 'healthy' END
  FROM public.chat_providers WHERE updated_at > now() - interval '1 minute'
$$;
