import { nestTrials } from '../../testing/nest-trials.js'
import { describeOnPostgres, freshDatabase } from '../../testing/postgres.js'

describeOnPostgres('the storage module on PostgreSQL', () => nestTrials(freshDatabase))
