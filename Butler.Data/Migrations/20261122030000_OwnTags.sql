-- The tags that people make themselves (docs/tags.md), of a person, for the mail of all their accounts. A version is never given twice, so
-- count and greatest version of somebody's tags say whether they are the ones that were read before.
CREATE SEQUENCE own_tag_versions;
CREATE TABLE own_tags (
  app_user_id uuid NOT NULL REFERENCES app_users (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(name) BETWEEN 2 AND 32),
  description text NOT NULL CHECK (length(description) <= 200),
  rule jsonb NOT NULL,
  version bigint NOT NULL DEFAULT nextval('own_tag_versions'),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_user_id, name)
);

-- Descriptions and rules are somebody's words: pg_statistic keeps none of them.
SELECT butler_no_statistics('own_tags');
ALTER TABLE own_tags ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON own_tags FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()) OR app_user_id = ANY ((SELECT butler_visible_users())::uuid[]));
GRANT SELECT ON own_tags TO butler_reader;

-- A mail's tags hold names that somebody chose: they are no common values to keep either.
CREATE OR REPLACE FUNCTION butler_no_statistics(rel regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c text;
BEGIN
  FOR c IN SELECT attname FROM pg_attribute WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped
    AND atttypid::regtype::text IN ('text', 'text[]', 'jsonb', 'bytea', 'tsvector')
    AND attname <> ALL ('{category,model_used,state,reason,intent,language}') LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', rel, c);
  END LOOP;
END $$;
SELECT butler_no_statistics('email_tags');
SELECT butler_no_statistics(inhrelid::regclass) FROM pg_inherits WHERE inhparent = 'email_tags'::regclass;
