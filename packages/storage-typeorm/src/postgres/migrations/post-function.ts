// Puts one message at the end of its timeline, under its key, and adds pointers to it. Control messages and changes of
// groups share this. The lock function has locked the rows already, and the caller has checked that the key is new.
import { entryKind, flag, systemUser } from '../../rows/codes.js'
import type { Tables } from '../../rows/tables.js'
import { look } from '../look.js'
import { staleMemory, type Functions } from './names.js'

/** Ends with the first answer where the key of `spec`'s message is stored already. */
export const answerKnown = (t: Tables): string => `
  SELECT json_build_object('status', 'duplicate', 'digest', coalesce(km.digest, k.digest),
      'msgId', coalesce(km.msg_id, k.msg_id, ''), 'conversationId', coalesce(kc.conversation_id, ''),
      'seq', coalesce(km.seq, k.seq, 0),
      'serverTime', coalesce(km.server_time, k.at))
    INTO answer
    FROM ${t.key} k
    ${look('LEFT', t.message, 'km', 'conversation = k.conversation AND seq = k.seq')}
    ${look('LEFT', t.conversation, 'kc', 'id = k.conversation')}
    WHERE k.client_msg_id = spec->>'clientMsgId' AND k.person = CASE WHEN spec->>'from' IS NULL THEN ${systemUser}
      ELSE (SELECT id FROM ${t.user} WHERE user_id = spec->>'from') END;
  IF FOUND THEN RETURN answer; END IF;`

/**
 * `members` are user ids. `places` answers the sequences of their entries, in that order. `spec` is a message as the
 * writer sends it.
 */
export const postFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.post}(
  target bigint, spec json, recipients text[], OUT post_seq bigint, OUT post_ordinal bigint, OUT places bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
  x record; its_subject text; author bigint; addressee bigint; written int;
BEGIN
  SELECT * INTO x FROM json_to_record(spec) AS y("from" text, "to" text, subject text, type text, content text, ext text,
    "replyTo" bigint, mentions text, flags int, "clientTime" bigint, "serverTime" bigint, "msgId" text,
    "clientMsgId" text, digest text);
  SELECT id INTO author FROM ${t.user} WHERE user_id = x."from";
  SELECT id INTO addressee FROM ${t.user} WHERE user_id = x."to";
  IF (author IS NULL AND x."from" IS NOT NULL) OR (addressee IS NULL AND x."to" IS NOT NULL) THEN
    RAISE EXCEPTION 'a user has no row' USING ERRCODE = '${staleMemory}';
  END IF;
  UPDATE ${t.conversation} SET last_seq = last_seq + 1,
      countable = countable + (x.flags & ${flag.countable}),
      last_countable_seq = CASE WHEN x.flags & ${flag.countable} = 0 THEN last_countable_seq ELSE last_seq + 1 END,
      updated_at = CASE WHEN x.flags & ${flag.countable} = 0 THEN updated_at ELSE x."serverTime" END
    WHERE id = target RETURNING last_seq, countable, subject INTO post_seq, post_ordinal, its_subject;
  INSERT INTO ${t.message} (conversation, seq, ordinal, sender, recipient, server_time, client_time, reply_to, flags,
      type, content, msg_id, client_msg_id, digest, subject, ext, mentions)
    VALUES (target, post_seq, post_ordinal, author, addressee, x."serverTime", x."clientTime", x."replyTo", x.flags,
      x.type, x.content, x."msgId", x."clientMsgId", x.digest, nullif(x.subject, its_subject), x.ext, x.mentions);
  INSERT INTO ${t.key} (person, client_msg_id, conversation, seq)
    VALUES (coalesce(author, ${systemUser}), x."clientMsgId", target, post_seq);
  places := '{}';
  IF cardinality(recipients) > 0 THEN
    UPDATE ${t.user} SET head = head + 1 WHERE user_id = ANY (recipients);
    INSERT INTO ${t.inbox} (person, seq, at, conversation, conversation_seq, kind)
      SELECT u.id, u.head, x."serverTime", target, post_seq, ${entryKind.message}
      FROM ${t.user} u WHERE u.user_id = ANY (recipients);
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(recipients) THEN
      RAISE EXCEPTION 'a user has no row' USING ERRCODE = '${staleMemory}';
    END IF;
    places := ARRAY(SELECT u.head FROM generate_series(1, cardinality(recipients)) i
      ${look('INNER', t.user, 'u', 'user_id = recipients[i]')});
  END IF;
END $$`
