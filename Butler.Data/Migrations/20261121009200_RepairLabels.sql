-- The labels under which a repair's listing showed a mail.
ALTER TABLE repair_seen ADD COLUMN labels text[] NOT NULL DEFAULT '{}';

-- How far an audit has asked about mails that are recorded and no longer listed.
ALTER TABLE audits ADD COLUMN asked_after uuid;
