-- Data Protection's keys, each sealed with the master key. Retired ones stay: a backup may need them.
CREATE TABLE data_protection_keys (
  id uuid PRIMARY KEY,
  xml text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz
);

-- One row: the ring's version (services rebuild when it grows), the canary that a start must open, and the rotation under way.
CREATE TABLE key_ring (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version bigint NOT NULL,
  canary bytea NOT NULL,
  rotation_key uuid,
  rotation_started_at timestamptz,
  reseal_after timestamptz,
  clean_passes int NOT NULL DEFAULT 0,
  resealed bigint NOT NULL DEFAULT 0,
  rotation_finished_at timestamptz
);
