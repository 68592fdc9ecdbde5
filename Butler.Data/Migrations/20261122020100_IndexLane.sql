-- The search index of imported mail has a lane of its own, behind the others (docs/decisions/0053-index-lane.md).
ALTER TABLE outbox DROP CONSTRAINT outbox_lane_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_lane_check CHECK (lane IN (0, 1, 2, 3)); -- 0 bulk, 1 live, 2 model, 3 index

-- As before; the index of a large import may wait for hours without anything being wrong.
CREATE OR REPLACE FUNCTION butler_oldest_due() RETURNS interval
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT max((now() - due_at) * CASE lane WHEN 1 THEN 1.0 WHEN 3 THEN 0.001 ELSE 0.1 END) FROM public.outbox WHERE due_at <= now()
$$;
