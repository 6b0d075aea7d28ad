// Appends messages where the caller knows the rows of conversations and users by their numbers, and expects that no key
// is stored yet. The function locks a row and raises its counters in one step, and the index of keys finds a repeat.
// Where an expectation is wrong it raises an error, and the batch goes to the append function, which does not rely on
// known rows.
//
// It first finds rows and then changes them by their place. A join could run in any order, and scan a table that was
// small when the plan was made.
import { entryKind, systemUser } from '../../rows/codes.js'
import type { Tables } from '../../rows/tables.js'
import { notAsKnown, type Functions } from './names.js'
import { messageParameters } from '../message-lists.js'

/**
 * Conversations and users are those of the batch, ascending by name: the order in which every function locks them. For
 * each conversation: the number of its messages (`c_n`), how many of them are countable (`c_k`), the last countable one
 * (`c_last`, 0 for none) and its time, the version on which the batch was decided (null for any), and how far the read
 * positions of one or two users move (`c_p`, `c_q`: places among the users, 0 for nobody; with rank and count).
 * Positions of groups' members are in `m_*`. For each user: the first and the last place in `k_op`, a list of
 * operations, for which the inbox grows; the first is after the last if the inbox does not grow. For each operation:
 * its rank in its conversation, and the number of countable messages up to it. A list may be empty if no operation
 * needs it.
 *
 * Answers the old end of each conversation's sequence, of its count, and of each user's inbox.
 */
export const appendKnownFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.appendKnown}(
  c_id bigint[], c_name text[], c_n int[], c_k int[], c_last int[], c_at bigint[], c_version bigint[],
  c_p int[], c_p_rank int[], c_p_count int[], c_q int[], c_q_rank int[], c_q_count int[],
  u_id bigint[], u_name text[], u_from int[], u_to int[], k_op int[],
  m_user int[], m_conversation int[], m_rank int[], m_count int[],
  o_conversation int[], o_rank int[], o_count int[], o_sender int[], o_recipient int[], o_flags int[],
  ${messageParameters},
  OUT seqs bigint[], OUT counts bigint[], OUT heads bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
  c_row tid[]; u_row tid[]; m_row tid[]; ids bigint[];
  c_subject text[]; moves int;
BEGIN
  -- Where rows are is read right before they are counted up: nothing is locked by it, and one that has moved meanwhile is
  -- not found there.
  SELECT array_agg(x.id), array_agg(x.row) INTO ids, c_row
    FROM (SELECT id, ctid AS row FROM ${t.conversation} WHERE conversation_id = ANY (c_name) ORDER BY conversation_id) x;
  IF ids IS DISTINCT FROM c_id THEN ${raise} END IF;
  WITH raised AS (
    UPDATE ${t.conversation} x SET
        last_seq = x.last_seq + c_n[j],
        countable = x.countable + c_k[j],
        last_countable_seq = CASE WHEN c_last[j] > 0 THEN x.last_seq + c_last[j] ELSE x.last_countable_seq END,
        updated_at = coalesce(c_at[j], x.updated_at),
        ${movedPosition('a')},
        ${movedPosition('b')}
      FROM generate_series(1, cardinality(c_id)) j
      WHERE x.ctid = c_row[j]
        AND (c_version[j] IS NULL OR (x.version = c_version[j] AND NOT x.dissolved))
        AND (c_p[j] IS NULL OR c_p[j] = 0 OR u_id[c_p[j]] IN (x.user_a, x.user_b))
        AND (c_q[j] IS NULL OR c_q[j] = 0 OR u_id[c_q[j]] IN (x.user_a, x.user_b))
      RETURNING x.id, x.last_seq - c_n[j] AS seq, x.countable - c_k[j] AS count, x.subject)
  SELECT array_agg(id), array_agg(seq), array_agg(count), array_agg(subject) INTO ids, seqs, counts, c_subject
    FROM raised;
  IF ids IS DISTINCT FROM c_id THEN ${raise} END IF;

  -- What the system says where everybody reads the timeline is to nobody.
  IF cardinality(u_id) > 0 THEN
    SELECT array_agg(x.id), array_agg(x.row) INTO ids, u_row
      FROM (SELECT id, ctid AS row FROM ${t.user} WHERE user_id = ANY (u_name) ORDER BY user_id) x;
    IF ids IS DISTINCT FROM u_id THEN ${raise} END IF;
    WITH raised AS (
      UPDATE ${t.user} x SET head = x.head + u_to[j] - u_from[j] + 1
        FROM generate_series(1, cardinality(u_id)) j
        WHERE x.ctid = u_row[j]
        RETURNING x.id, x.head - u_to[j] + u_from[j] - 1 AS head)
    SELECT array_agg(id), array_agg(head) INTO ids, heads FROM raised;
    IF ids IS DISTINCT FROM u_id THEN ${raise} END IF;
  END IF;
  IF cardinality(m_user) > 0 THEN
    SELECT array_agg(x.row) INTO m_row FROM generate_series(1, cardinality(m_user)) j
      CROSS JOIN LATERAL (SELECT ctid AS row FROM ${t.member}
        WHERE person = u_id[m_user[j]] AND conversation = c_id[m_conversation[j]] OFFSET 0) x;
    WITH moved AS (
      UPDATE ${t.member} x SET read_seq = seqs[m_conversation[j]] + m_rank[j],
          read_ordinal = counts[m_conversation[j]] + m_count[j]
        FROM generate_series(1, cardinality(m_user)) j
        WHERE x.ctid = m_row[j]
        RETURNING x.person = u_id[m_user[j]] AND x.conversation = c_id[m_conversation[j]] AND x.to_seq IS NULL AS is_there)
    SELECT count(*) INTO moves FROM moved WHERE is_there;
    IF moves <> cardinality(m_user) THEN ${raise} END IF;
  END IF;

  INSERT INTO ${t.message} (conversation, seq, ordinal, sender, recipient, server_time, client_time, reply_to, flags,
      type, content, msg_id, client_msg_id, digest, subject, ext, mentions)
    SELECT c_id[o_conversation[i]], seqs[o_conversation[i]] + o_rank[i], counts[o_conversation[i]] + o_count[i],
      u_id[o_sender[i]], u_id[o_recipient[i]], o_at[i], o_client_time[i], o_reply_to[i], o_flags[i],
      o_type[i], o_content[i], o_msg_id[i], o_key[i], o_digest[i],
      nullif(o_subject[i], c_subject[o_conversation[i]]), o_ext[i], o_mentions[i]
    FROM generate_series(1, cardinality(o_at)) i;
  INSERT INTO ${t.key} (person, client_msg_id, conversation, seq)
    SELECT coalesce(u_id[o_sender[i]], ${systemUser}), o_key[i], c_id[o_conversation[i]],
      seqs[o_conversation[i]] + o_rank[i]
    FROM generate_series(1, cardinality(o_at)) i;
  IF cardinality(k_op) > 0 THEN
    INSERT INTO ${t.inbox} (person, seq, at, conversation, conversation_seq, kind)
      SELECT u_id[x.u], heads[x.u] + x.k - u_from[x.u] + 1, o_at[k_op[x.k]], c_id[o_conversation[k_op[x.k]]],
        seqs[o_conversation[k_op[x.k]]] + o_rank[k_op[x.k]], ${entryKind.message}
      FROM (SELECT u, generate_series(u_from[u], u_to[u]) AS k FROM generate_series(1, cardinality(u_id)) u OFFSET 0) x;
  END IF;
END $$`

const raise = `RAISE EXCEPTION 'not as known' USING ERRCODE = '${notAsKnown}';`

const movedPosition = (side: 'a' | 'b'): string => {
  const other = side === 'b' ? 'x.user_a IS DISTINCT FROM x.user_b AND ' : ''
  const moved = (by: 'p' | 'q'): string => `${other}x.user_${side} = u_id[c_${by}[j]]`
  return ['seq', 'ordinal']
    .map((what) => {
      const [base, rank] = what === 'seq' ? ['last_seq', 'rank'] : ['countable', 'count']
      return `${side}_read_${what} = CASE WHEN ${moved('p')} THEN x.${base} + c_p_${rank}[j]
          WHEN ${moved('q')} THEN x.${base} + c_q_${rank}[j] ELSE x.${side}_read_${what} END`
    })
    .join(',\n        ')
}
