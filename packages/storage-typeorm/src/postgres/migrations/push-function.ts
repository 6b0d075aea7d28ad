// The operations on push registrations.
import type { Tables } from '../../rows/tables.js'
import { staleMemory, type Functions } from './names.js'

/** Stores a token, which is gone from every other device that had it. */
const registerFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.pushRegister}(who text, device text, given json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE me bigint; my_head bigint;
BEGIN
  SELECT id, head INTO me, my_head FROM ${t.user} WHERE user_id = who;
  IF NOT FOUND THEN RAISE EXCEPTION 'a user has no row' USING ERRCODE = '${staleMemory}'; END IF;
  LOOP
    DELETE FROM ${t.push} WHERE provider = given ->> 'provider' AND app = given ->> 'app'
      AND token_hash = given ->> 'tokenHash' AND (person, device_id) <> (me, device);
    BEGIN
      INSERT INTO ${t.push} AS x (person, device_id, provider, app, token, token_hash, lang, created_at, pushed_to)
        VALUES (me, device, given ->> 'provider', given ->> 'app', given ->> 'token', given ->> 'tokenHash',
          given ->> 'lang', (given ->> 'at')::bigint, my_head)
        ON CONFLICT (person, device_id, provider, app) DO UPDATE SET token = excluded.token,
          token_hash = excluded.token_hash, lang = excluded.lang, created_at = excluded.created_at;
      RETURN;
    EXCEPTION WHEN unique_violation THEN
      -- Another device registered the token meanwhile, and is committed: now its row can be seen, and goes.
    END;
  END LOOP;
END $$`

/** Takes a registration for a node, or notes what its device was told. */
const changeFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.pushChange}(who text, device text, given json) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  IF given ->> 'op' = 'push-claim' THEN
    UPDATE ${t.push} SET claim = given ->> 'by'
      WHERE person = (SELECT id FROM ${t.user} WHERE user_id = who) AND device_id = device
        AND provider = given ->> 'provider' AND app = given ->> 'app'
        AND (claim IS NULL OR claim = given ->> 'by' OR claim = given ->> 'over');
    RETURN json_build_array(FOUND);
  END IF;
  UPDATE ${t.push} SET pushed_to = greatest(pushed_to, (given ->> 'to')::bigint), claim = nullif(claim, given ->> 'by'),
      pushed_in = CASE WHEN given -> 'pushedIn' IS NULL THEN pushed_in ELSE given ->> 'pushedIn' END
    WHERE person = (SELECT id FROM ${t.user} WHERE user_id = who) AND device_id = device
      AND provider = given ->> 'provider' AND app = given ->> 'app';
  RETURN NULL;
END $$`

const unregisterFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.pushUnregister}(who text, device text, given json) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM ${t.push}
    WHERE person = (SELECT id FROM ${t.user} WHERE user_id = who) AND device_id = device
      AND (given ->> 'provider' IS NULL OR (provider = given ->> 'provider' AND app = given ->> 'app'
        AND (given ->> 'tokenHash' IS NULL OR token_hash = given ->> 'tokenHash')));
END $$`

export const pushFunctions = (t: Tables, f: Functions): readonly string[] => [
  registerFunction(t, f),
  unregisterFunction(t, f),
  changeFunction(t, f),
]
