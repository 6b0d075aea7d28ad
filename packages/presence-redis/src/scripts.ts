// What Redis does in one step. A script is called by its digest, so that nodes of different versions use theirs side by
// side; it touches only the keys that it is given. Times are text in ms with three decimals, since cjson would round them.
//
// A user's key holds { slot: [era, since, heardAt, holder] }, in JSON; a holder is a list, see holders.ts. It lives for an
// hour: renewals write it anew long before.
import { createHash } from 'node:crypto'
import type { Client } from './options.js'

export class Script {
  private readonly digest: string

  constructor(private readonly text: string) {
    this.digest = createHash('sha1').update(text).digest('hex')
  }

  async run(client: Client, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await client.evalsha(this.digest, keys.length, ...keys, ...args)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return client.eval(this.text, keys.length, ...keys, ...args)
    }
  }
}

const livesSeconds = 3600

/** Somebody looks every two seconds: after so long nobody can say whether the clock has jumped. */
const gapMs = 60_000

/** Clocks are set back by so little while they run: time stands still until it is reached again. */
const setBackMs = 1000

/**
 * The server's time, and its era. An era is the id that the server took when it started, and when the era began: it also
 * ends where the server's clock jumps, which shows by the last time that anybody looked.
 */
const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local nowText = string.format('%.3f', now)
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
local era, last = string.match(redis.call('HGET', KEYS[1], '') or '', '^(%S+) (%S+)$')
local since = last and now - tonumber(last)
if since and since < 0 and since > -${setBackMs} then
  since, now, nowText = 0, tonumber(last), last
end
if not since or since < 0 or since > ${gapMs} or string.match(era, '^(%w+)') ~= run then era = run .. '-' .. nowText end
redis.call('HSET', KEYS[1], '', era .. ' ' .. nowText)
`

/** Answers { now, era, leases… }. A lease is 'until began info'. */
export const look = new Script(`${clock}
local answer = redis.call('HGETALL', KEYS[1])
table.insert(answer, 1, era)
table.insert(answer, 1, nowText)
return answer`)

/**
 * Extends a lease: its field, for how long, and what the node says of itself. It drops leases that have been over for an
 * hour. Answers as \`look\` does, and first whether the lease began with this call.
 */
export const lease = new Script(`${clock}
local began = nowText
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local ends, start = string.match(all[i + 1], '^(%S+) (%S+)')
  if all[i] == ARGV[1] then
    if tonumber(ends) > now then began = start end
  elseif all[i] ~= '' and tonumber(ends) < now - ${livesSeconds * 1000} then
    redis.call('HDEL', KEYS[1], all[i])
  end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.3f', now + ARGV[2]) .. ' ' .. began .. ' ' .. ARGV[3])
redis.call('EXPIRE', KEYS[1], ${24 * livesSeconds})
local answer = redis.call('HGETALL', KEYS[1])
table.insert(answer, 1, era)
table.insert(answer, 1, nowText)
table.insert(answer, 1, began == nowText and 1 or 0)
return answer`)

/** Holders are compared by node, boot and session; of two logins that began at once the greater session id is the later. */
const parts = `
local function same(a, b) return a[4] == b[4] and a[5] == b[5] and a[6] == b[6] end
local function greater(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x > y end
  end
  return #a > #b
end
local function read(key)
  local held = redis.call('GET', key)
  return held and cjson.decode(held) or {}
end
local function write(key, slots)
  if next(slots) == nil then redis.call('DEL', key)
  else redis.call('SET', key, cjson.encode(slots), 'EX', ${livesSeconds}) end
end
`

/**
 * Takes slots. Keys: of users. Arguments: the era; for each key slot, since, heardAt, holder, and the holder that does not
 * count, or ''.
 * Answers for each key the other session that it found there, as [era, since, heardAt, holder]: after '+' where it took the
 * slot from that, after '-' where it left the slot to it, because that began later in this era. Otherwise ''.
 */
export const take = new Script(`${parts}
local answer = {}
local era = ARGV[1]
for i, key in ipairs(KEYS) do
  local at = 2 + (i - 1) * 5
  local slot, since, heard, over = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 4]
  local holder = cjson.decode(ARGV[at + 3])
  local slots = read(key)
  local before = slots[slot]
  local takes = true
  answer[i] = ''
  if before and same(before[4], holder) then
    if before[1] == era then since = before[2] end
  elseif before then
    local ahead = tonumber(before[2]) - tonumber(since)
    local isLater = before[1] == era and (ahead > 0 or (ahead == 0 and greater(before[4][4], holder[4])))
    takes = not isLater or (over ~= '' and same(before[4], cjson.decode(over)))
    answer[i] = (takes and '+' or '-') .. cjson.encode(before)
  end
  if takes then
    slots[slot] = { era, since, heard, holder }
    write(key, slots)
  end
end
return answer`)

/** Frees slots. Keys: of users. Arguments: for each slot and holder. */
export const release = new Script(`${parts}
for i, key in ipairs(KEYS) do
  local slot, holder = ARGV[i * 2 - 1], cjson.decode(ARGV[i * 2])
  local slots = read(key)
  if slots[slot] and same(slots[slot][4], holder) then
    slots[slot] = nil
    write(key, slots)
  end
end`)

/** Keys: of watchers. Arguments: the watching node, and how many of the keys are added to; it leaves the rest. */
export const watch = new Script(`
for i, key in ipairs(KEYS) do
  if i <= tonumber(ARGV[2]) then
    redis.call('SADD', key, ARGV[1])
    redis.call('EXPIRE', key, ${livesSeconds})
  else redis.call('SREM', key, ARGV[1]) end
end`)

/** Keys: of watchers. Answers the nodes that watch any of them. */
export const watching = new Script(`return redis.call('SUNION', unpack(KEYS))`)
