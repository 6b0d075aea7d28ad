// Makes missing c2c conversations, before it takes any lock, and in one order. A transaction that makes one waits only
// for transactions that make the same ones, and all wait in that order. If it held locks here, two transactions could
// wait for each other.
import { systemUser } from '../../rows/codes.js'
import type { Tables } from '../../rows/tables.js'
import { makeUsers } from './lock-function.js'
import { staleMemory, type Functions } from './names.js'

/**
 * `names` are conversations, ascending, each with values of its first message: its two users (the same twice for a user
 * alone), its subject and time, and the message's sender and key. Where the key is stored already, the message is a
 * repeat, and makes nothing.
 */
export const makeFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.make}(
  names text[], ones text[], others text[], subjects text[], ats bigint[], senders text[], keys text[], unmet text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  made bigint; one bigint; other bigint;
BEGIN
  ${makeUsers(t)}
  FOR i IN 1 .. cardinality(names) LOOP
    CONTINUE WHEN EXISTS (SELECT FROM ${t.conversation} WHERE conversation_id = names[i]);
    CONTINUE WHEN EXISTS (SELECT FROM ${t.key} WHERE client_msg_id = keys[i]
      AND person = coalesce((SELECT id FROM ${t.user} WHERE user_id = senders[i]), ${systemUser}));
    SELECT id INTO one FROM ${t.user} WHERE user_id = ones[i];
    SELECT id INTO other FROM ${t.user} WHERE user_id = others[i];
    IF one IS NULL OR other IS NULL THEN
      RAISE EXCEPTION 'a user has no row' USING ERRCODE = '${staleMemory}';
    END IF;
    INSERT INTO ${t.conversation} (conversation_id, kind, subject, created_at, updated_at, user_a, user_b)
      VALUES (names[i], 'c2c', subjects[i], ats[i], ats[i], one, other)
      ON CONFLICT DO NOTHING RETURNING id INTO made;
    -- Somebody else may have made it meanwhile.
    CONTINUE WHEN NOT FOUND;
    INSERT INTO ${t.member} (person, conversation, joined_at) VALUES (one, made, ats[i]);
    IF other <> one THEN
      INSERT INTO ${t.member} (person, conversation, joined_at) VALUES (other, made, ats[i]);
    END IF;
  END LOOP;
END $$`
