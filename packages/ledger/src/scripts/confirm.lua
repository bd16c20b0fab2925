#!lua flags=allow-oom
-- A write of no meaning behind all others: where it has been copied, they have.
-- KEYS    [1] prefix of the cell
-- ARGV    none
-- Returns OK
--- @include keys
return redis.call('SET', keys.confirm, '1')
