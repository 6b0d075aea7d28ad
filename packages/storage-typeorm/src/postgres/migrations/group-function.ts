// Making and changing a group: its members, roles and profile, the control message that reports the change, and every
// entry.
import { entryKind, fanOutCode, roleCode } from '../../rows/codes.js'
import type { Tables } from '../../rows/tables.js'
import { look } from '../look.js'
import type { Functions } from './names.js'
import { answerKnown } from './post-function.js'

/** Adds facts of one kind to many inboxes, and appends `[userId, seq, kind]` of each to `facts`. */
const addFacts = (t: Tables, kind: 'follow' | 'unfollow', persons: string, field: string, at: string): string => `
    UPDATE ${t.user} SET head = head + 1 WHERE id = ANY (${persons});
    INSERT INTO ${t.inbox} (person, seq, at, kind, body)
      SELECT u.id, u.head, moment, ${entryKind[kind]},
        '{"conversationId":' || to_json(spec->>'conversationId')::text || ',"${field}":' || ${at} || '}'
      FROM ${t.user} u WHERE u.id = ANY (${persons});
    facts := facts || ARRAY(
      SELECT json_build_object('userId', u.user_id, 'seq', u.head, 'kind', '${kind}')
      FROM unnest(${persons}) person ${look('INNER', t.user, 'u', 'id = person')});`

/**
 * `spec` is the message, with `version`, `members` and `change`. `join` names each user once. Only this function reads
 * and writes members, while the conversation is locked.
 */
export const groupFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.group}(spec json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  answer json; c ${t.conversation}; change json := spec->'change'; decided bigint := (spec->>'version')::bigint;
  moment bigint := (spec->>'serverTime')::bigint; post record; joined bigint[] := '{}'; departed bigint[] := '{}';
  everybody bigint[]; is_read boolean; crosses boolean; facts json[] := '{}'; one record; who bigint;
  leader bigint; counted int;
BEGIN
  ${answerKnown(t)}
  SELECT * INTO c FROM ${t.conversation} WHERE conversation_id = spec->>'conversationId';
  IF decided IS NULL THEN
    IF c.id IS NOT NULL THEN RETURN json_build_object('status', 'stale'); END IF;
    INSERT INTO ${t.conversation} (conversation_id, kind, created_at, updated_at, version, name)
      VALUES (spec->>'conversationId', 'c2g', moment, moment, 0, '') RETURNING * INTO c;
  ELSIF c.id IS NULL OR c.dissolved OR c.version <> decided THEN
    RETURN json_build_object('status', 'stale');
  END IF;
  SELECT * INTO post FROM ${f.post}(c.id, spec, ARRAY(SELECT json_array_elements_text(spec->'members')));
  leader := c.owner;

  IF change->'join' IS NOT NULL THEN
    -- Who comes back keeps the intervals before, as ranges of what was sequenced in them, unless everything is theirs now.
    WITH made AS (
      INSERT INTO ${t.member} AS x (person, conversation, from_seq, joined_at, read_seq, read_ordinal, role)
        SELECT u.id, c.id, CASE WHEN j.reads = 'everything' THEN 0 ELSE post.post_seq - 1 END, moment,
            post.post_seq - 1, c.countable, CASE j.role ${roles} END
          FROM json_to_recordset(change->'join') AS j("userId" text, role text, reads text)
          ${look('INNER', t.user, 'u', 'user_id = j."userId"')}
        ON CONFLICT (person, conversation) DO UPDATE SET to_seq = NULL, from_seq = excluded.from_seq,
          joined_at = excluded.joined_at, muted_until = NULL, read_seq = excluded.read_seq,
          read_ordinal = excluded.read_ordinal, delivered_seq = 0, hidden_at = NULL, role = excluded.role,
          earlier = CASE WHEN excluded.from_seq = 0 THEN NULL ELSE (coalesce(x.earlier, '{}')::int8multirange
            + int8multirange(int8range(x.from_seq, x.to_seq, '(]')))::text END
          WHERE x.to_seq IS NOT NULL
        RETURNING person)
    SELECT coalesce(array_agg(person), '{}') INTO joined FROM made;
    SELECT person INTO who FROM ${t.member}
      WHERE person = ANY (joined) AND conversation = c.id AND role = ${roleCode.owner} LIMIT 1;
    IF FOUND THEN leader := who; END IF;
  END IF;

  IF change->'dissolve' IS NOT NULL THEN
    WITH ended AS (
      UPDATE ${t.member} SET to_seq = post.post_seq, role = ${roleCode.member}
        WHERE conversation = c.id AND to_seq IS NULL RETURNING person)
    SELECT coalesce(array_agg(person), '{}') INTO departed FROM ended;
  ELSIF change->'leave' IS NOT NULL THEN
    everybody := ARRAY(SELECT u.id FROM json_array_elements_text(change->'leave') AS l(name)
      ${look('INNER', t.user, 'u', 'user_id = l.name')});
    WITH ended AS (
      UPDATE ${t.member} SET to_seq = post.post_seq, role = ${roleCode.member}
        WHERE person = ANY (everybody) AND conversation = c.id AND to_seq IS NULL RETURNING person)
    SELECT coalesce(array_agg(person), '{}') INTO departed FROM ended;
  END IF;
  IF leader = ANY (departed) THEN leader := NULL; END IF;

  FOR one IN SELECT * FROM json_to_recordset(coalesce(change->'roles', '[]')) AS r("userId" text, role text) LOOP
    UPDATE ${t.member} SET role = CASE one.role ${roles} END
      WHERE person = (SELECT id FROM ${t.user} WHERE user_id = one."userId") AND conversation = c.id AND to_seq IS NULL
      RETURNING person INTO who;
    CONTINUE WHEN NOT FOUND;
    IF one.role = 'owner' THEN leader := who; ELSIF leader = who THEN leader := NULL; END IF;
  END LOOP;
  FOR one IN SELECT * FROM json_to_recordset(coalesce(change->'mutes', '[]')) AS r("userId" text, until bigint) LOOP
    UPDATE ${t.member} SET muted_until = one.until
      WHERE person = (SELECT id FROM ${t.user} WHERE user_id = one."userId") AND conversation = c.id AND to_seq IS NULL;
  END LOOP;

  crosses := change->>'fanOut' IS NOT NULL AND c.fan_out = ${fanOutCode.write};
  is_read := crosses OR c.fan_out = ${fanOutCode.read};
  counted := c.members + cardinality(joined) - cardinality(departed);
  UPDATE ${t.conversation} SET version = coalesce(decided, 0) + 1, members = counted, owner = leader,
      fan_out = CASE WHEN is_read THEN ${fanOutCode.read} ELSE ${fanOutCode.write} END,
      dissolved = change->'dissolve' IS NOT NULL,
      muted_until = coalesce((change->>'mutedUntil')::bigint, muted_until),
      name = coalesce(change->>'name', name),
      avatar = CASE WHEN change->'avatar' IS NULL THEN avatar ELSE change->>'avatar' END,
      announcement = CASE WHEN change->'announcement' IS NULL THEN announcement ELSE change->>'announcement' END,
      ext = CASE WHEN change->'ext' IS NULL THEN ext ELSE change->>'ext' END
    WHERE id = c.id;

  IF is_read THEN
    everybody := CASE WHEN crosses
      THEN ARRAY(SELECT person FROM ${t.member} WHERE conversation = c.id AND to_seq IS NULL) ELSE joined END;
    INSERT INTO ${t.follow} (person, conversation) SELECT person, c.id FROM unnest(everybody) person;
    ${addFacts(t, 'follow', 'everybody', 'from', '(post.post_seq - 1)')}
    IF NOT crosses THEN
      DELETE FROM ${t.follow} WHERE person = ANY (departed) AND conversation = c.id;
      ${addFacts(t, 'unfollow', 'departed', 'to', 'post.post_seq')}
    END IF;
  END IF;
  RETURN json_build_object('status', 'stored', 'seq', post.post_seq, 'ordinal', post.post_ordinal,
    'version', coalesce(decided, 0) + 1, 'memberCount', counted, 'inbox', post.places, 'facts', facts);
END $$`

const roles = Object.entries(roleCode)
  .map(([name, code]) => `WHEN '${name}' THEN ${code}`)
  .join(' ')
