-- Transactions (docs/transactions.md): one per mail and line, found by the Classifier. They stay when their mail expires unless the account
-- says otherwise, so they lie in a table of their own and not in the partitions of content; what is deleted asks for a rewrite.
ALTER TABLE provider_users ADD COLUMN keep_transactions boolean NOT NULL DEFAULT true;
GRANT SELECT (keep_transactions) ON provider_users TO butler_reader;

CREATE TABLE transactions (
  id uuid PRIMARY KEY,
  mail_id uuid NOT NULL,
  line int NOT NULL CHECK (line BETWEEN 1 AND 1000),
  provider_user_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('booked', 'review', 'merged', 'rejected')),
  amount numeric(19, 4) NOT NULL CHECK (amount > 0),
  currency text CHECK (currency ~ '^[A-Z]{3}$'),
  direction text NOT NULL CHECK (direction IN ('out', 'in', 'refund', 'unknown')),
  source text NOT NULL CHECK (source IN ('alert', 'receipt', 'markup')),
  happened_on date NOT NULL,
  day_said boolean NOT NULL, -- false: the mail names no day, its own is taken
  merchant text NOT NULL CHECK (length(merchant) <= 200),
  account_tail text NOT NULL CHECK (length(account_tail) <= 8),
  reference text NOT NULL CHECK (length(reference) <= 100),
  balance_after numeric(19, 4),
  checked boolean NOT NULL,
  doubts text[] NOT NULL CHECK (doubts <@ '{currency,amount,direction,which_amount,arithmetic,happened,sender,duplicate}'),
  tags text[] NOT NULL,
  spans jsonb NOT NULL, -- field → [place, offset, length]; place s(ubject), t(ext), m(arkup)
  duplicate_of uuid,
  refund_of uuid,
  decided_by uuid,
  decided_at timestamptz, -- the owner's word: reading the mail again does not change the row
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT transactions_mail_line UNIQUE (mail_id, line),
  CHECK (state <> 'booked' OR (currency IS NOT NULL AND direction <> 'unknown')),
  CHECK ((state = 'merged') = (duplicate_of IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX transactions_newest ON transactions (provider_user_id, happened_on DESC, id DESC);
CREATE INDEX transactions_same ON transactions (provider_user_id, currency, amount, happened_on);
CREATE INDEX transactions_duplicates ON transactions (duplicate_of) WHERE duplicate_of IS NOT NULL;

-- pg_statistic keeps common values: merchants and references are none of its business.
SELECT butler_no_statistics('transactions');
ALTER TABLE transactions ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON transactions FOR SELECT TO butler_reader USING ((SELECT butler_reads_all()) OR provider_user_id = ANY ((SELECT butler_visible_accounts())::uuid[]));
GRANT SELECT ON transactions TO butler_reader;

-- What a reader is told about an id it does not see.
CREATE FUNCTION butler_transaction_exists(thing uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ SELECT EXISTS (SELECT FROM public.transactions WHERE id = thing) $$;
