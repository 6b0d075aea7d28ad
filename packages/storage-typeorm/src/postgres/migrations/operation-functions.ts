// The operations other than appends. They run one after another, and each sees the results of those before it. The lock
// function has locked their rows already.
import { entryKind, flag, systemUser } from '../../rows/codes.js'
import type { Tables } from '../../rows/tables.js'
import { look, newestPointers } from '../look.js'
import { staleMemory, type Functions } from './names.js'

/** The meaning of `kinds` of the apply function, and the lists that each kind uses. */
export const operation = {
  read: 1,
  settings: 2,
  custom: 3,
  device: 4,
  forget: 5,
  raiseLogin: 6,
  control: 7,
  group: 8,
  pushRegister: 9,
  pushUnregister: 10,
  pushChange: 11,
} as const

export const operationFunctions = (t: Tables, f: Functions): readonly string[] => [
  readFunction(t, f),
  settingsFunction(t, f),
  customFunction(t, f),
  deviceFunction(t, f),
  raiseLoginFunction(t, f),
  applyFunction(t, f),
]

/** Adds an entry to an inbox; answers its sequence. */
const addFact = (t: Tables, kind: number, person: string, at: string, body: string): string => `
    UPDATE ${t.user} SET head = head + 1 WHERE id = ${person} RETURNING head INTO place;
    INSERT INTO ${t.inbox} (person, seq, at, kind, body) VALUES (${person}, place, ${at}, ${kind}, ${body});`

const readFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.read}(who text, target text, up_to bigint, moment bigint) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  c ${t.conversation}; me bigint; side "char"; was bigint; behind bigint; now_at bigint; rank bigint; place bigint;
BEGIN
  SELECT * INTO c FROM ${t.conversation} WHERE conversation_id = target;
  SELECT id INTO me FROM ${t.user} WHERE user_id = who;
  -- One without a message was made for a message of this batch that is still to come.
  IF c.id IS NULL OR c.last_seq = 0 OR me IS NULL THEN RETURN NULL; END IF;
  IF me = c.user_a THEN
    side := 'a'; was := c.a_read_seq; rank := c.a_read_ordinal;
  ELSIF me = c.user_b THEN
    side := 'b'; was := c.b_read_seq; rank := c.b_read_ordinal;
  ELSE
    SELECT read_seq, read_ordinal INTO was, rank
      FROM ${t.member} WHERE person = me AND conversation = c.id AND to_seq IS NULL;
    IF NOT FOUND THEN RETURN NULL; END IF;
    side := 'g';
  END IF;
  now_at := greatest(was, least(up_to, c.last_seq));
  IF now_at > was THEN
    IF now_at = c.last_seq THEN rank := c.countable;
    ELSE
      SELECT ordinal INTO rank FROM ${t.message} WHERE conversation = c.id AND seq = now_at;
      rank := coalesce(rank, c.floor_count);
    END IF;
    CASE side
      WHEN 'a' THEN UPDATE ${t.conversation} SET a_read_seq = now_at, a_read_ordinal = rank WHERE id = c.id;
      WHEN 'b' THEN UPDATE ${t.conversation} SET b_read_seq = now_at, b_read_ordinal = rank WHERE id = c.id;
      ELSE UPDATE ${t.member} SET read_seq = now_at, read_ordinal = rank WHERE person = me AND conversation = c.id;
    END CASE;
  END IF;
  -- Of what retention took nothing is unread.
  behind := c.countable - greatest(rank, c.floor_count);
  IF behind > 0 THEN
    behind := behind - (SELECT count(*) FROM ${t.message} m WHERE m.conversation = c.id AND m.seq > now_at
      AND m.flags >= ${flag.exceptional} AND (m.sender = me OR m.flags & ${flag.recalled} <> 0));
  END IF;
  IF now_at > was THEN
    ${addFact(
      t,
      entryKind.read,
      'me',
      'moment',
      `'{"conversationId":' || to_json(target)::text || ',"readSeq":' || now_at || ',"unread":' || behind
        || ',"atSeq":' || c.last_seq || '}'`,
    )}
  END IF;
  RETURN json_build_array(now_at, behind, c.last_seq, place);
END $$`

const settingsFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.settings}(
  who text, target text, pin bigint, mute bigint, hide bigint, moment bigint, request text, its_digest text
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  me bigint; c bigint; counted bigint; old record; is_pinned boolean; is_muted boolean; is_hidden boolean;
  stored text; place bigint;
BEGIN
  SELECT id INTO me FROM ${t.user} WHERE user_id = who;
  IF request IS NOT NULL AND me IS NOT NULL THEN
    SELECT coalesce(m.digest, k.digest) INTO stored
      FROM ${t.key} k ${look('LEFT', t.message, 'm', 'conversation = k.conversation AND seq = k.seq')}
      WHERE k.person = me AND k.client_msg_id = request;
    IF FOUND THEN RETURN json_build_array(stored); END IF;
  END IF;
  SELECT id, countable INTO c, counted FROM ${t.conversation} WHERE conversation_id = target AND last_seq > 0;
  SELECT pinned, muted, hidden_at IS NOT DISTINCT FROM counted AS hidden INTO old
    FROM ${t.member} WHERE person = me AND conversation = c AND to_seq IS NULL;
  IF NOT FOUND THEN RETURN NULL; END IF;
  is_pinned := coalesce(pin = 1, old.pinned);
  is_muted := coalesce(mute = 1, old.muted);
  is_hidden := coalesce(hide = 1, old.hidden);
  -- The key is taken even where nothing changes: a repeat after somebody else's change must not undo that.
  IF request IS NOT NULL THEN
    INSERT INTO ${t.key} (person, client_msg_id, digest, conversation, at)
      VALUES (me, request, its_digest, c, moment);
  END IF;
  IF (is_pinned, is_muted, is_hidden) IS DISTINCT FROM (old.pinned, old.muted, old.hidden) THEN
    UPDATE ${t.member} SET pinned = is_pinned, muted = is_muted, hidden_at = CASE WHEN is_hidden THEN counted END
      WHERE person = me AND conversation = c;
    ${addFact(
      t,
      entryKind.conversation,
      'me',
      'moment',
      `'{"conversationId":' || to_json(target)::text || ',"pinned":' || is_pinned || ',"muted":' || is_muted
        || ',"hidden":' || is_hidden || '}'`,
    )}
  END IF;
  RETURN json_build_array(is_pinned, is_muted, is_hidden, place);
END $$`

const customFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.custom}(who text, fact text, moment bigint, request text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE me bigint; place bigint;
BEGIN
  IF request IS NOT NULL THEN
    PERFORM FROM ${t.key} WHERE person = ${systemUser} AND client_msg_id = request;
    IF FOUND THEN RETURN json_build_array(NULL); END IF;
    INSERT INTO ${t.key} (person, client_msg_id, digest, at) VALUES (${systemUser}, request, '', moment);
  END IF;
  SELECT id INTO me FROM ${t.user} WHERE user_id = who;
  IF NOT FOUND THEN RAISE EXCEPTION 'a user has no row' USING ERRCODE = '${staleMemory}'; END IF;
  ${addFact(t, entryKind.custom, 'me', 'moment', 'fact')}
  RETURN json_build_array(place);
END $$`

const deviceFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.device}(
  who text, device text, type_of text, begins bigint, ends bigint, moment bigint
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  me bigint; my_head bigint; d record; is_known boolean; lower_end bigint; upper_end bigint; after bigint; e record;
  rose json[] := '{}';
BEGIN
  SELECT id, head INTO me, my_head FROM ${t.user} WHERE user_id = who;
  IF NOT FOUND THEN RAISE EXCEPTION 'a user has no row' USING ERRCODE = '${staleMemory}'; END IF;
  SELECT delivered_from, delivered_to, seen_at INTO d FROM ${t.device} WHERE person = me AND device_id = device;
  is_known := FOUND;
  lower_end := coalesce(d.delivered_from, 0);
  upper_end := coalesce(d.delivered_to, 0);
  IF begins IS NOT NULL THEN
    begins := least(begins, my_head);
    ends := greatest(begins, least(ends, my_head));
    after := greatest(begins, CASE WHEN begins <= upper_end THEN upper_end ELSE 0 END);
    IF after < ends THEN
      FOR e IN
        SELECT c.id, c.conversation_id, c.user_a = me AS is_a, p.user_id AS peer, i.up_to
          FROM (${newestPointers(t, 'me', 'after', 'ends')}) i
          ${look(
            'INNER',
            t.conversation,
            'c',
            `id = i.conversation AND kind = 'c2c' AND me IN (user_a, user_b)
              AND i.up_to > CASE WHEN user_a = me THEN a_delivered_seq ELSE b_delivered_seq END`,
          )}
          ${look('INNER', t.user, 'p', 'id = CASE WHEN c.user_a = me THEN c.user_b ELSE c.user_a END')}
      LOOP
        IF e.is_a THEN UPDATE ${t.conversation} SET a_delivered_seq = e.up_to WHERE id = e.id;
        ELSE UPDATE ${t.conversation} SET b_delivered_seq = e.up_to WHERE id = e.id;
        END IF;
        rose := array_append(rose, json_build_array(e.conversation_id, e.peer, e.up_to));
      END LOOP;
    END IF;
    IF NOT is_known OR begins > upper_end THEN
      lower_end := begins;
      upper_end := ends;
    ELSE
      -- What ends before the stored range begins joins nothing to it: what lies between was not acknowledged.
      IF ends >= lower_end THEN lower_end := least(begins, lower_end); END IF;
      upper_end := greatest(ends, upper_end);
    END IF;
  END IF;
  INSERT INTO ${t.device} AS x (person, device_id, device_type, delivered_from, delivered_to, seen_at)
    VALUES (me, device, type_of, lower_end, upper_end, coalesce(moment, d.seen_at))
    ON CONFLICT (person, device_id) DO UPDATE SET device_type = excluded.device_type,
      delivered_from = excluded.delivered_from, delivered_to = excluded.delivered_to, seen_at = excluded.seen_at;
  RETURN to_json(rose);
END $$`

const raiseLoginFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.raiseLogin}(who text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE raised bigint;
BEGIN
  UPDATE ${t.meta} SET login_epoch = login_epoch + 1 WHERE id = 1 RETURNING login_epoch INTO raised;
  UPDATE ${t.user} SET login_epoch = raised WHERE user_id = who;
  IF NOT FOUND THEN RAISE EXCEPTION 'a user has no row' USING ERRCODE = '${staleMemory}'; END IF;
  RETURN json_build_array(raised);
END $$`

/** Answers a JSON list with one element for each operation; null where the user is not a member. */
const applyFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.apply}(
  kinds int[], who text[], target text[], body text[], x bigint[], y bigint[], z bigint[], moments bigint[],
  requests text[], digests text[], OUT results json
) LANGUAGE plpgsql AS $$
DECLARE done json[] := array_fill(NULL::json, ARRAY[cardinality(kinds)]);
BEGIN
  FOR i IN 1 .. cardinality(kinds) LOOP
    CASE kinds[i]
      WHEN ${operation.read} THEN
        done[i] := ${f.read}(who[i], target[i], x[i], moments[i]);
      WHEN ${operation.settings} THEN
        done[i] := ${f.settings}(who[i], target[i], x[i], y[i], z[i], moments[i], requests[i], digests[i]);
      WHEN ${operation.custom} THEN
        done[i] := ${f.custom}(who[i], body[i], moments[i], requests[i]);
      WHEN ${operation.device} THEN
        done[i] := ${f.device}(who[i], target[i], body[i], x[i], y[i], moments[i]);
      WHEN ${operation.forget} THEN
        DELETE FROM ${t.device}
          WHERE person = (SELECT id FROM ${t.user} WHERE user_id = who[i]) AND device_id = target[i];
        PERFORM ${f.pushUnregister}(who[i], target[i], '{}');
      WHEN ${operation.raiseLogin} THEN
        done[i] := ${f.raiseLogin}(who[i]);
      WHEN ${operation.control} THEN
        done[i] := ${f.control}(body[i]::json);
      WHEN ${operation.group} THEN
        done[i] := ${f.group}(body[i]::json);
      WHEN ${operation.pushRegister} THEN
        PERFORM ${f.pushRegister}(who[i], target[i], body[i]::json);
      WHEN ${operation.pushUnregister} THEN
        PERFORM ${f.pushUnregister}(who[i], target[i], body[i]::json);
      WHEN ${operation.pushChange} THEN
        done[i] := ${f.pushChange}(who[i], target[i], body[i]::json);
    END CASE;
  END LOOP;
  results := to_json(done);
END $$`
