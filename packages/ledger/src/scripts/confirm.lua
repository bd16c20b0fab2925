#!lua flags=allow-oom
-- A write of no meaning behind all others: where it has been copied, they have.
-- KEYS    [1] prefix of the cell
-- ARGV    none
-- Returns OK
return redis.call('SET', KEYS[1] .. ':confirm', '1')
