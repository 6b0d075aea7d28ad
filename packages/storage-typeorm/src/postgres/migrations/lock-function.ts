// Locks the rows of a batch of several kinds before any operation runs: conversations, then users, each sorted.
import type { Tables } from '../../rows/tables.js'
import { look, newestPointers } from '../look.js'
import type { Functions } from './names.js'

/**
 * Makes rows for users that have none, in order and before any lock, so that two transactions that make the same rows
 * wait in one order.
 */
export const makeUsers = (t: Tables): string => `
  IF cardinality(unmet) > 0 THEN
    INSERT INTO ${t.user} (user_id)
      SELECT x FROM unnest(unmet) x
      WHERE NOT EXISTS (SELECT FROM ${t.user} y WHERE y.user_id = x)
      ORDER BY x COLLATE "C"
      ON CONFLICT DO NOTHING;
  END IF;`

/**
 * In `whole` groups it locks every member's row. It reads the members after it has locked the group, because they
 * cannot change then.
 *
 * Acknowledgements raise positions in conversations that only the inbox names. It looks these up first, without a lock.
 * An entry that is added in between is beyond what the device can have acknowledged.
 */
export const lockFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.lock}(
  conversations text[], users text[], unmet text[], whole text[],
  a_user text[], a_device text[], a_from bigint[], a_to bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  ${makeUsers(t)}
  IF cardinality(a_user) > 0 THEN
    conversations := conversations || ARRAY(
      SELECT c.conversation_id FROM generate_series(1, cardinality(a_user)) i
        ${look('INNER', t.user, 'u', 'user_id = a_user[i]')}
        ${look('LEFT', t.device, 'd', 'person = u.id AND device_id = a_device[i]')}
        CROSS JOIN LATERAL (${newestPointers(
          t,
          'u.id',
          'CASE WHEN d.delivered_to > a_from[i] THEN d.delivered_to ELSE a_from[i] END',
          'a_to[i]',
        )}) e
        ${look(
          'INNER',
          t.conversation,
          'c',
          `id = e.conversation AND kind = 'c2c'
            AND e.up_to > CASE WHEN user_a = u.id THEN a_delivered_seq ELSE b_delivered_seq END`,
        )});
  END IF;
  PERFORM FROM ${t.conversation} WHERE conversation_id = ANY (conversations)
    ORDER BY conversation_id FOR NO KEY UPDATE;
  IF cardinality(whole) > 0 THEN
    users := users || ARRAY(
      SELECT u.user_id FROM ${t.conversation} c
        ${look('INNER', t.member, 'mb', 'conversation = c.id AND to_seq IS NULL')}
        ${look('INNER', t.user, 'u', 'id = mb.person')}
        WHERE c.conversation_id = ANY (whole));
  END IF;
  PERFORM FROM ${t.user} WHERE user_id = ANY (users) ORDER BY user_id FOR NO KEY UPDATE;
END $$`
