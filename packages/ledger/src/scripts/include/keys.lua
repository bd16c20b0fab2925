-- Names of the keys of a cell, the same as in redis/keys.ts; no script spells one by itself.
local P = KEYS[1]
local keys = {
  record = function(id) return P .. ':g:' .. id end,
  request = function(id) return P .. ':r:' .. id end,
  due = function(lane, account) return P .. ':d:' .. lane .. ':' .. account end,
  account = function(name) return P .. ':a:' .. name end,
  state = function(state, tenant) return P .. ':s:' .. state .. ':' .. tenant end,
  tenants = P .. ':tenants',
  -- `batch`: tenant:batch
  batch = function(batch) return P .. ':batch:' .. batch end,
  batch_counts = function(batch) return P .. ':n:' .. batch end,
  line = function(account, priority, tenant) return P .. ':b:' .. account .. ':' .. priority .. ':' .. tenant end,
  ring = function(account, priority) return P .. ':v:' .. account .. ':' .. priority end,
  priorities = function(account) return P .. ':p:' .. account end,
  tasks = function(account) return P .. ':t:' .. account end,
  unowned = function(account) return P .. ':unowned:' .. account end,
  event = function(id) return P .. ':e:' .. id end,
  events = function(state) return P .. ':es:' .. state end,
  deliveries_due = function(endpoint) return P .. ':d:deliver:' .. endpoint end,
  delivery_leases = function(endpoint) return P .. ':dl:' .. endpoint end,
  endpoints = P .. ':endpoints',
  expiries = P .. ':x',
  orphans = P .. ':orphans',
  sequence = P .. ':seq',
  confirm = P .. ':confirm',
  followed = P .. ':followed',
  claim = function(call) return P .. ':claim:' .. call end,
}
