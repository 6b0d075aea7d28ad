// Appends messages: in one call it locks, tells repeats from new messages, allocates every number, and writes all rows.
//
// Every statement inside has its own snapshot. The locks come first. Later decisions use the locked rows, or a snapshot
// taken under the locks. So no key is stored twice, and no number is given twice.
import { entryKind, flag, systemUser } from '../../rows/codes.js'
import type { Tables } from '../../rows/tables.js'
import { look } from '../look.js'
import { makeUsers } from './lock-function.js'
import { staleMemory, type Functions } from './names.js'
import { messageParameters } from '../message-lists.js'

/** Bits beside those of `flag`, which are for this call and are not stored. */
export const callFlag = {
  /** The sender's read position moves to the message. */
  moves: 256,
  /** The conversation was made before this call, where there was none. */
  made: 512,
  /** A later call of the same transaction also appends to the conversation. */
  needed: 1024,
} as const

/**
 * Answered in place of a sequence: for an operation whose key is known, and for one that was decided under a stale
 * version.
 */
export const unstored = { known: 0, stale: -1 } as const

/**
 * `conversations` and `users` list each name once, ascending. Operations name them by their place in these lists; 0
 * means nobody. Users who get the same messages form one class. `u_class` gives the class of each user; `k_op` lists
 * the operations of each class in order, one class after another; `k_end` gives the end of each class. So a list of
 * hundreds of members is named only once for all messages sent to it, and the place of an entry in an inbox is the old
 * end of the inbox plus the operation's rank in its class. A list may be empty if no operation needs it.
 *
 * Answers `heads`, the old end of each user's inbox. For an operation that was not stored the sequence is one of
 * `unstored`. For a known key, `known` has the answer, as JSON of `[place, digest, msgId, conversationId, seq, at]`.
 * For an operation without a conversation the sequence is null. It also answers the numbers of the conversations, if
 * all exist, and of the users, for the function that needs to know them.
 */
export function appendFunction(t: Tables, f: Functions): string {
  const keyOf = look(
    'INNER',
    t.key,
    'k',
    `person = coalesce(u_id[o_sender[i]], ${systemUser}) AND client_msg_id = o_key[i]`,
  )
  return `
CREATE FUNCTION ${f.append}(
  conversations text[], users text[], unmet text[], u_class int[], k_end int[], k_op int[],
  o_conversation int[], o_sender int[], o_recipient int[], o_flags int[],
  o_version bigint[], ${messageParameters},
  OUT seqs bigint[], OUT ordinals bigint[], OUT heads bigint[], OUT known text,
  OUT conversation_ids bigint[], OUT user_ids bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
  n int := cardinality(o_at);
  c_name text[]; c_id bigint[]; c_seq bigint[]; c_count bigint[]; c_a bigint[]; c_b bigint[]; c_subject text[];
  c_version bigint[]; c_row tid[]; c_made bigint[]; c_first bigint[];
  c_last bigint[]; c_at bigint[]; a_seq bigint[]; a_ordinal bigint[]; b_seq bigint[]; b_ordinal bigint[];
  u_name text[]; u_id bigint[]; u_row tid[];
  k_rank int[]; k_count int[];
  o_known int[];
  c int; p int; r int; s bigint; sender bigint;
BEGIN
  ${makeUsers(t)}
  ${lockConversations(t)}
  SELECT array_agg(x.user_id), array_agg(x.id), array_agg(x.head), array_agg(x.row) INTO u_name, u_id, heads, u_row
    FROM (SELECT user_id, id, head, ctid AS row FROM ${t.user} WHERE user_id = ANY (users)
      ORDER BY user_id FOR NO KEY UPDATE) x;
  -- What the system says where everybody reads the timeline is to nobody.
  IF u_name IS DISTINCT FROM users AND cardinality(users) > 0 THEN
    IF cardinality(u_name) IS DISTINCT FROM cardinality(users) THEN
      RAISE EXCEPTION 'a user has no row' USING ERRCODE = '${staleMemory}';
    END IF;
    SELECT array_agg(u_id[x.at]), array_agg(heads[x.at]), array_agg(u_row[x.at]) INTO u_id, heads, u_row
      FROM (SELECT array_position(u_name, users[i]) AS at FROM generate_series(1, cardinality(users)) i) x;
  END IF;

  SELECT array_agg(i) INTO o_known FROM generate_series(1, n) i ${keyOf};
  IF o_known IS NOT NULL THEN
    -- Their keys may have been trimmed meanwhile: what counts is what is found now.
    SELECT array_agg(i), json_agg(json_build_array(
        i, coalesce(m.digest, k.digest), coalesce(m.msg_id, k.msg_id), x.conversation_id, coalesce(m.seq, k.seq),
        coalesce(m.server_time, k.at)))::text
      INTO o_known, known
      FROM unnest(o_known) i ${keyOf}
      ${look('LEFT', t.message, 'm', 'conversation = k.conversation AND seq = k.seq')}
      ${look('LEFT', t.conversation, 'x', 'id = k.conversation')};
  END IF;

  seqs := array_fill(NULL::bigint, ARRAY[n]);
  ordinals := seqs;
  IF o_known IS NOT NULL THEN
    FOREACH c IN ARRAY o_known LOOP seqs[c] := ${unstored.known}; END LOOP;
  END IF;

  IF c_name IS DISTINCT FROM conversations THEN
    FOR i IN 1 .. n LOOP
      o_conversation[i] := array_position(c_name, conversations[o_conversation[i]]);
      IF o_conversation[i] IS NULL AND seqs[i] IS NULL AND o_flags[i] & ${callFlag.made} <> 0 THEN
        RAISE EXCEPTION 'a conversation is gone' USING ERRCODE = '${staleMemory}';
      END IF;
    END LOOP;
  END IF;

  IF cardinality(o_version) > 0 THEN
    FOR i IN 1 .. n LOOP
      -- Of the locked row: what was decided before a member was removed is not stored after.
      IF seqs[i] IS NULL AND o_version[i] IS NOT NULL AND c_version[o_conversation[i]] IS DISTINCT FROM o_version[i] THEN
        seqs[i] := ${unstored.stale};
      END IF;
    END LOOP;
  END IF;

  c_last := array_fill(NULL::bigint, ARRAY[coalesce(cardinality(c_id), 0)]);
  c_at := c_last; a_seq := c_last; a_ordinal := c_last; b_seq := c_last; b_ordinal := c_last;
  FOR i IN 1 .. n LOOP
    c := o_conversation[i];
    CONTINUE WHEN c IS NULL OR seqs[i] <= 0;
    s := c_seq[c] + 1;
    c_seq[c] := s;
    seqs[i] := s;
    IF s = 1 AND c_made[c] <> o_at[i] THEN c_first[c] := o_at[i]; END IF;
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
      ELSE
        IF c_a[c] IS NULL THEN
          UPDATE ${t.member} SET read_seq = s, read_ordinal = c_count[c]
            WHERE person = sender AND conversation = c_id[c] AND to_seq IS NULL;
          CONTINUE WHEN FOUND;
        END IF;
        IF o_flags[i] & ${flag.countable} <> 0 THEN
          o_flags[i] := o_flags[i] | ${flag.exceptional};
        END IF;
      END IF;
    END IF;
  END LOOP;
  IF 0 = ANY (c_seq) THEN
    -- Made for messages that were repeats after all; nobody has seen them.
    FOR j IN 1 .. cardinality(c_id) LOOP
      CONTINUE WHEN c_seq[j] > 0 OR c_a[j] IS NULL
        OR EXISTS (SELECT FROM generate_series(1, n) i WHERE o_conversation[i] = j AND o_flags[i] & ${callFlag.needed} <> 0);
      DELETE FROM ${t.member} WHERE person IN (c_a[j], c_b[j]) AND conversation = c_id[j];
      DELETE FROM ${t.conversation} WHERE id = c_id[j];
    END LOOP;
  END IF;
  p := 1;
  FOR k IN 1 .. cardinality(k_end) LOOP
    r := 0;
    FOR j IN p .. k_end[k] LOOP
      IF seqs[k_op[j]] > 0 THEN
        r := r + 1;
        k_rank[j] := r;
      END IF;
    END LOOP;
    k_count[k] := r;
    p := k_end[k] + 1;
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
  -- A row that we have locked stays where it is, so that it need not be looked for again by its key.
  IF cardinality(k_op) > 0 THEN
    INSERT INTO ${t.inbox} (person, seq, at, conversation, conversation_seq, kind)
      SELECT u_id[x.u], heads[x.u] + k_rank[x.j], o_at[k_op[x.j]], c_id[o_conversation[k_op[x.j]]], seqs[k_op[x.j]],
        ${entryKind.message}
      FROM (SELECT u, generate_series(CASE WHEN u_class[u] > 1 THEN k_end[u_class[u] - 1] ELSE 0 END + 1, k_end[u_class[u]])
          AS j FROM generate_series(1, cardinality(users)) u OFFSET 0) x
      WHERE k_rank[x.j] IS NOT NULL;
    UPDATE ${t.user} x SET head = heads[j] + k_count[u_class[j]]
      FROM generate_series(1, cardinality(u_id)) j WHERE x.ctid = u_row[j] AND k_count[u_class[j]] > 0;
  END IF;
  UPDATE ${t.conversation} x SET last_seq = c_seq[j], countable = c_count[j],
      last_countable_seq = coalesce(c_last[j], x.last_countable_seq), updated_at = coalesce(c_at[j], c_first[j], x.updated_at),
      created_at = coalesce(c_first[j], x.created_at),
      a_read_seq = coalesce(a_seq[j], x.a_read_seq), a_read_ordinal = coalesce(a_ordinal[j], x.a_read_ordinal),
      b_read_seq = coalesce(b_seq[j], x.b_read_seq), b_read_ordinal = coalesce(b_ordinal[j], x.b_read_ordinal)
    FROM generate_series(1, cardinality(c_id)) j WHERE x.ctid = c_row[j] AND x.last_seq < c_seq[j];
  IF c_first IS NOT NULL THEN
    -- Made at the time of what was a repeat after all.
    UPDATE ${t.member} x SET joined_at = c_first[j] FROM generate_series(1, cardinality(c_id)) j
      WHERE c_first[j] IS NOT NULL AND x.person IN (c_a[j], c_b[j]) AND x.conversation = c_id[j];
  END IF;
  IF c_name IS NOT DISTINCT FROM conversations AND 0 <> ALL (c_seq) THEN conversation_ids := c_id; END IF;
  user_ids := u_id;
END $$`
}

/**
 * The counters come from the locked rows themselves, because a snapshot may be older than the wait for the lock. No
 * version fits a dissolved group.
 */
const lockConversations = (t: Tables): string => `
  SELECT array_agg(x.conversation_id), array_agg(x.id), array_agg(x.last_seq), array_agg(x.countable),
      array_agg(x.user_a), array_agg(x.user_b), array_agg(x.subject),
      array_agg(CASE WHEN x.dissolved THEN NULL ELSE x.version END), array_agg(x.row), array_agg(x.created_at)
    INTO c_name, c_id, c_seq, c_count, c_a, c_b, c_subject, c_version, c_row, c_made
    FROM (SELECT conversation_id, id, last_seq, countable, user_a, user_b, subject, dissolved, version, ctid AS row,
        created_at
      FROM ${t.conversation}
      WHERE conversation_id = ANY (conversations) ORDER BY conversation_id FOR NO KEY UPDATE) x;`
