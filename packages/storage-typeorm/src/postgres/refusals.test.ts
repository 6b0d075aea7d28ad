import { describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { refusalScene, refusalTrials } from '../../testing/refusal-trials.js'

const judge = `CREATE FUNCTION judge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.type = 'bad' THEN RAISE 'not here'; END IF;
    IF NEW.type = 'full' THEN RAISE 'no space' USING ERRCODE = '53100'; END IF;
    RETURN NEW; END $$;
  CREATE TRIGGER judge BEFORE INSERT ON im_message FOR EACH ROW EXECUTE FUNCTION judge()`

describeOnPostgres('a refusal on PostgreSQL', () => refusalTrials(refusalScene(freshDatabase), judge))
