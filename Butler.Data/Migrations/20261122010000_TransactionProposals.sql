-- Who found a transaction (docs/transactions.md): the local reader, a chat model that proposed it, or both. A line that the two read differently is
-- in review by its own doubt.
ALTER TABLE transactions ADD COLUMN found_by text NOT NULL DEFAULT 'reader' CHECK (found_by IN ('reader', 'model', 'both'));
ALTER TABLE transactions DROP CONSTRAINT transactions_doubts_check;
ALTER TABLE transactions ADD CONSTRAINT transactions_doubts_check
  CHECK (doubts <@ '{currency,amount,direction,which_amount,arithmetic,happened,sender,duplicate,proposal}');
SELECT butler_no_statistics('transactions');
