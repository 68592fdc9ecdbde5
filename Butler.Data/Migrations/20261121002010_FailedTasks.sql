-- What a retry needs: where the message belongs, and whether it died again since.
ALTER TABLE failed_tasks ADD COLUMN queue text;
ALTER TABLE failed_tasks ADD COLUMN lane smallint;
ALTER TABLE failed_tasks ADD COLUMN died_at timestamptz;
UPDATE failed_tasks SET died_at = created_at;
ALTER TABLE failed_tasks ALTER COLUMN died_at SET DEFAULT now();
ALTER TABLE failed_tasks ALTER COLUMN died_at SET NOT NULL;

-- One open row per thing that failed: what dies again after a retry is the same failure, whose tries go on counting. Of what is
-- doubled already the oldest stays open.
UPDATE failed_tasks f SET resolved_at = now(), resolution = 'by_hand' WHERE resolved_at IS NULL AND EXISTS (
  SELECT FROM failed_tasks o WHERE o.resolved_at IS NULL AND o.task = f.task
    AND COALESCE(o.ledger_id::text, md5(o.message::text || COALESCE(o.provider_user_id::text, ''))) = COALESCE(f.ledger_id::text, md5(f.message::text || COALESCE(f.provider_user_id::text, '')))
    AND (o.created_at, o.id) < (f.created_at, f.id));
CREATE UNIQUE INDEX failed_tasks_once ON failed_tasks (task, COALESCE(ledger_id::text, md5(message::text || COALESCE(provider_user_id::text, '')))) WHERE resolved_at IS NULL;
