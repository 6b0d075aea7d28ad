// Appends messages: locks, tells repeats from new ones, allocates every number, and writes all rows, in one call.
//
// Every statement inside has a snapshot of its own. The locks come first, and what is decided after them is decided from
// the locked rows or from a snapshot taken under the locks: so no key is stored twice, and no number is given twice.
import { entryKind, flag, systemUser } from '../../rows/codes.js'
import type { Tables } from '../../rows/tables.js'
import { look } from '../look.js'
import { makeUsers } from './lock-function.js'
import { staleMemory, type Functions } from './names.js'

/** Bits beside those of `flag`, for this call and not for the row. */
export const callFlag = {
  /** The sender's read position moves to the message. */
  moves: 256,
  /** The conversation is made where there is none. */
  makes: 512,
} as const

/**
 * `conversations` and `users` are named once, ascending; operations and members name them by their place there, 0 being
 * nobody. Lists of what no operation has may be empty. Of an operation that was known the sequence is 0 and the answer
 * in `known`, JSON of `[place, digest, msgId, conversationId, seq, at]`; of one without a conversation it is null.
 */
export const appendFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.append}(
  conversations text[], users text[], unmet text[],
  o_conversation int[], o_sender int[], o_recipient int[], o_flags int[], o_at bigint[], o_type text[],
  o_content text[], o_msg_id text[], o_key text[], o_digest text[],
  o_subject text[], o_ext text[], o_mentions text[], o_client_time bigint[], o_reply_to bigint[],
  m_op int[], m_user int[],
  OUT seqs bigint[], OUT ordinals bigint[], OUT places bigint[], OUT known text
) LANGUAGE plpgsql AS $$
DECLARE
  n int := cardinality(o_at);
  members int := cardinality(m_op);
  c_name text[]; c_id bigint[]; c_seq bigint[]; c_count bigint[]; c_a bigint[]; c_b bigint[]; c_subject text[];
  c_row tid[];
  c_last bigint[]; c_at bigint[]; a_seq bigint[]; a_ordinal bigint[]; b_seq bigint[]; b_ordinal bigint[];
  u_name text[]; u_id bigint[]; u_head bigint[]; u_row tid[];
  o_known int[];
  c int; p int; s bigint; made bigint; sender bigint;
BEGIN
  ${makeUsers(t)}
  ${lockConversations(t)}
  SELECT array_agg(x.user_id), array_agg(x.id), array_agg(x.head), array_agg(x.row) INTO u_name, u_id, u_head, u_row
    FROM (SELECT user_id, id, head, ctid AS row FROM ${t.user} WHERE user_id = ANY (users)
      ORDER BY user_id FOR NO KEY UPDATE) x;
  IF u_name IS DISTINCT FROM users THEN
    IF cardinality(u_name) IS DISTINCT FROM cardinality(users) THEN
      RAISE EXCEPTION 'a user has no row' USING ERRCODE = '${staleMemory}';
    END IF;
    FOR i IN 1 .. n LOOP
      o_sender[i] := array_position(u_name, users[o_sender[i]]);
      o_recipient[i] := array_position(u_name, users[o_recipient[i]]);
    END LOOP;
    FOR k IN 1 .. members LOOP
      m_user[k] := array_position(u_name, users[m_user[k]]);
    END LOOP;
  END IF;

  SELECT array_agg(i), json_agg(json_build_array(
      i, coalesce(m.digest, k.digest), m.msg_id, x.conversation_id, m.seq, coalesce(m.server_time, k.at)))::text
    INTO o_known, known
    FROM generate_series(1, n) i
    ${look('INNER', t.key, 'k', `person = coalesce(u_id[o_sender[i]], ${systemUser}) AND client_msg_id = o_key[i]`)}
    ${look('LEFT', t.message, 'm', 'conversation = k.conversation AND seq = k.seq')}
    ${look('LEFT', t.conversation, 'x', 'id = k.conversation')};

  seqs := array_fill(NULL::bigint, ARRAY[n]);
  ordinals := seqs;
  places := array_fill(NULL::bigint, ARRAY[members]);
  IF o_known IS NOT NULL THEN
    FOREACH c IN ARRAY o_known LOOP seqs[c] := 0; END LOOP;
  END IF;

  IF c_name IS DISTINCT FROM conversations THEN
    FOR i IN 1 .. n LOOP
      CONTINUE WHEN seqs[i] = 0 OR o_flags[i] & ${callFlag.makes} = 0
        OR conversations[o_conversation[i]] = ANY (c_name);
      INSERT INTO ${t.conversation} (conversation_id, kind, subject, created_at, updated_at, user_a, user_b)
        SELECT conversations[o_conversation[i]], 'c2c', o_subject[i], o_at[i], o_at[i],
          u_id[m_user[min(k)]], u_id[m_user[max(k)]]
        FROM generate_series(1, members) k WHERE m_op[k] = i
        ON CONFLICT DO NOTHING RETURNING id INTO made;
      IF NOT FOUND THEN
        -- Somebody made it since the locks were taken, and it is not locked: begin again.
        RAISE EXCEPTION 'a conversation was made meanwhile' USING ERRCODE = 'serialization_failure';
      END IF;
      INSERT INTO ${t.member} (person, conversation, joined_at)
        SELECT u_id[m_user[k]], made, o_at[i] FROM generate_series(1, members) k WHERE m_op[k] = i;
      c_name := c_name || conversations[o_conversation[i]];
    END LOOP;
    ${lockConversations(t)}
    FOR i IN 1 .. n LOOP
      o_conversation[i] := array_position(c_name, conversations[o_conversation[i]]);
    END LOOP;
  END IF;

  c_last := array_fill(NULL::bigint, ARRAY[coalesce(cardinality(c_id), 0)]);
  c_at := c_last; a_seq := c_last; a_ordinal := c_last; b_seq := c_last; b_ordinal := c_last;
  FOR i IN 1 .. n LOOP
    c := o_conversation[i];
    CONTINUE WHEN c IS NULL OR seqs[i] = 0;
    s := c_seq[c] + 1;
    c_seq[c] := s;
    seqs[i] := s;
    IF o_flags[i] & ${flag.countable} <> 0 THEN
      c_count[c] := c_count[c] + 1;
      c_last[c] := s;
      c_at[c] := o_at[i];
    END IF;
    ordinals[i] := c_count[c];
    IF o_flags[i] & ${callFlag.moves} <> 0 THEN
      sender := u_id[o_sender[i]];
      IF sender = c_a[c] THEN
        a_seq[c] := s; a_ordinal[c] := c_count[c];
      ELSIF sender = c_b[c] THEN
        b_seq[c] := s; b_ordinal[c] := c_count[c];
      ELSIF o_flags[i] & ${flag.countable} <> 0 THEN
        o_flags[i] := o_flags[i] | ${flag.exceptional};
      END IF;
    END IF;
  END LOOP;
  FOR k IN 1 .. members LOOP
    IF seqs[m_op[k]] > 0 THEN
      p := m_user[k];
      s := u_head[p] + 1;
      u_head[p] := s;
      places[k] := s;
    END IF;
  END LOOP;

  INSERT INTO ${t.message} (conversation, seq, ordinal, sender, recipient, server_time, client_time, reply_to, flags,
      type, content, msg_id, client_msg_id, digest, subject, ext, mentions)
    SELECT c_id[o_conversation[i]], seqs[i], ordinals[i], u_id[o_sender[i]], u_id[o_recipient[i]], o_at[i],
      o_client_time[i], o_reply_to[i], o_flags[i] & 255, o_type[i], o_content[i], o_msg_id[i], o_key[i], o_digest[i],
      nullif(o_subject[i], c_subject[o_conversation[i]]), o_ext[i], o_mentions[i]
    FROM generate_series(1, n) i WHERE seqs[i] > 0;
  INSERT INTO ${t.key} (person, client_msg_id, conversation, seq)
    SELECT coalesce(u_id[o_sender[i]], ${systemUser}), o_key[i], c_id[o_conversation[i]], seqs[i]
    FROM generate_series(1, n) i WHERE seqs[i] > 0;
  INSERT INTO ${t.inbox} (person, seq, at, conversation, conversation_seq, kind)
    SELECT u_id[m_user[k]], places[k], o_at[m_op[k]], c_id[o_conversation[m_op[k]]], seqs[m_op[k]], ${entryKind.message}
    FROM generate_series(1, members) k WHERE places[k] IS NOT NULL;
  -- A row that we have locked stays where it is, so that it need not be looked for again.
  UPDATE ${t.conversation} x SET last_seq = c_seq[j], countable = c_count[j],
      last_countable_seq = coalesce(c_last[j], x.last_countable_seq), updated_at = coalesce(c_at[j], x.updated_at),
      a_read_seq = coalesce(a_seq[j], x.a_read_seq), a_read_ordinal = coalesce(a_ordinal[j], x.a_read_ordinal),
      b_read_seq = coalesce(b_seq[j], x.b_read_seq), b_read_ordinal = coalesce(b_ordinal[j], x.b_read_ordinal)
    FROM generate_series(1, cardinality(c_id)) j WHERE x.ctid = c_row[j] AND x.last_seq < c_seq[j];
  UPDATE ${t.user} x SET head = u_head[j]
    FROM generate_series(1, cardinality(u_id)) j WHERE x.ctid = u_row[j] AND x.head < u_head[j];
END $$`

/** The counters come from the locked rows themselves: a snapshot may be older than the wait for the lock. */
const lockConversations = (t: Tables): string => `
  SELECT array_agg(x.conversation_id), array_agg(x.id), array_agg(x.last_seq), array_agg(x.countable),
      array_agg(x.user_a), array_agg(x.user_b), array_agg(x.subject), array_agg(x.row)
    INTO c_name, c_id, c_seq, c_count, c_a, c_b, c_subject, c_row
    FROM (SELECT conversation_id, id, last_seq, countable, user_a, user_b, subject, ctid AS row FROM ${t.conversation}
      WHERE conversation_id = ANY (conversations) ORDER BY conversation_id FOR NO KEY UPDATE) x;`
