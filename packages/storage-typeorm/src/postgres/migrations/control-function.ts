// Recalls, edits and reactions: the message that each changes, and the control message that reports the change.
import { flag } from '../../rows/codes.js'
import type { Tables } from '../../rows/tables.js'
import { staleMemory, type Functions } from './names.js'
import { answerKnown } from './post-function.js'

/**
 * `spec` is the message, with `version`, `members` and `change`. The message's row has the counts of reactions as JSON
 * text, in the order in which each reaction first came.
 */
export const controlFunction = (t: Tables, f: Functions): string => `
CREATE FUNCTION ${f.control}(spec json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  answer json; c ${t.conversation}; m ${t.message}; change json := spec->'change'; kind_of text := change->>'kind';
  target_seq bigint := (change->>'seq')::bigint; decided bigint := (spec->>'version')::bigint;
  last_seq_of bigint; me bigint; its_reaction text := change->>'reaction'; removes boolean; mine bigint;
  post record; counts text; users_of bigint;
BEGIN
  ${answerKnown(t)}
  SELECT * INTO c FROM ${t.conversation} WHERE conversation_id = spec->>'conversationId';
  IF decided IS NOT NULL AND (c.id IS NULL OR c.dissolved OR c.version <> decided) THEN
    RETURN json_build_object('status', 'stale');
  END IF;
  SELECT * INTO m FROM ${t.message} WHERE conversation = c.id AND seq = target_seq;
  IF NOT FOUND OR starts_with(m.type, 'im.') THEN RETURN json_build_object('status', 'gone'); END IF;

  last_seq_of := coalesce(m.as_of, m.seq);
  IF m.flags & ${flag.recalled} <> 0 THEN
    IF kind_of = 'recall' THEN RETURN json_build_object('status', 'unchanged', 'seq', last_seq_of); END IF;
    RETURN json_build_object('status', 'gone');
  END IF;
  IF kind_of = 'edit' AND m.content = change->>'content' THEN
    RETURN json_build_object('status', 'unchanged', 'seq', coalesce(m.edit_seq, last_seq_of));
  END IF;
  IF kind_of = 'reaction' THEN
    SELECT id INTO me FROM ${t.user} WHERE user_id = change->>'userId';
    removes := (change->>'remove')::boolean;
    SELECT r.control_seq INTO mine FROM ${t.reaction} r
      WHERE r.conversation = c.id AND r.seq = target_seq AND r.reaction = its_reaction AND r.person = me;
    IF removes <> (mine IS NOT NULL) THEN
      RETURN json_build_object('status', 'unchanged', 'seq', coalesce(mine, last_seq_of));
    END IF;
    IF NOT removes AND m.reactions IS NOT NULL AND m.reactions::json->its_reaction IS NULL
      AND (SELECT count(*) FROM json_object_keys(m.reactions::json)) >= (change->>'max')::bigint
    THEN
      RETURN json_build_object('status', 'too-many');
    END IF;
    IF NOT removes AND m.reactions IS NULL AND (change->>'max')::bigint <= 0 THEN
      RETURN json_build_object('status', 'too-many');
    END IF;
  END IF;

  SELECT * INTO post FROM ${f.post}(c.id, spec, ARRAY(SELECT json_array_elements_text(spec->'members')));
  CASE kind_of
    WHEN 'recall' THEN
      UPDATE ${t.message} SET content = NULL, ext = NULL, reactions = NULL, edited_at = NULL, as_of = post.post_seq,
          flags = flags | ${flag.recalled} | CASE WHEN flags & ${flag.countable} = 0 THEN 0 ELSE ${flag.exceptional} END
        WHERE conversation = c.id AND seq = target_seq;
      UPDATE ${t.message} SET content = NULL, ext = NULL, reactions = NULL, edited_at = NULL, as_of = post.post_seq,
          flags = flags | ${flag.recalled}
        WHERE conversation = c.id
          AND seq = ANY (ARRAY(SELECT e.seq FROM ${t.edit} e WHERE e.conversation = c.id AND e.target = target_seq));
      DELETE FROM ${t.reaction} WHERE conversation = c.id AND seq = target_seq;
    WHEN 'edit' THEN
      UPDATE ${t.message} SET content = change->>'content', edited_at = (spec->>'serverTime')::bigint,
          as_of = post.post_seq, edit_seq = post.post_seq
        WHERE conversation = c.id AND seq = target_seq;
      INSERT INTO ${t.edit} (conversation, target, seq) VALUES (c.id, target_seq, post.post_seq);
    WHEN 'reaction' THEN
      IF removes THEN
        DELETE FROM ${t.reaction} r
          WHERE r.conversation = c.id AND r.seq = target_seq AND r.reaction = its_reaction AND r.person = me;
      ELSE
        IF me IS NULL THEN
          RAISE EXCEPTION 'a user has no row' USING ERRCODE = '${staleMemory}';
        END IF;
        INSERT INTO ${t.reaction} (conversation, seq, person, control_seq, reaction)
          VALUES (c.id, target_seq, me, post.post_seq, its_reaction);
      END IF;
      SELECT count(*) INTO users_of FROM ${t.reaction} r
        WHERE r.conversation = c.id AND r.seq = target_seq AND r.reaction = its_reaction;
      SELECT string_agg(to_json(y.name)::text || ':' || y.n, ',') INTO counts FROM (
        SELECT e.key AS name, CASE WHEN e.key = its_reaction THEN users_of ELSE e.value::text::bigint END AS n
          FROM json_each(coalesce(m.reactions, '{}')::json) e
        UNION ALL
        SELECT its_reaction, users_of WHERE m.reactions IS NULL OR m.reactions::json->its_reaction IS NULL
      ) y WHERE y.n > 0;
      UPDATE ${t.message} SET reactions = '{' || counts || '}', as_of = post.post_seq
        WHERE conversation = c.id AND seq = target_seq;
  END CASE;
  RETURN json_build_object('status', 'stored', 'seq', post.post_seq, 'ordinal', post.post_ordinal, 'inbox', post.places);
END $$`
